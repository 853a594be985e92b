// Says where it listens, and ends with its parent: the pipe is closed by then.
const { createHttpServer } = require("@vercel/cosmosdb-server");

process.stdin.resume().on("end", () => process.exit());
const server = createHttpServer({ keepAlive: true });
server.listen(0, "127.0.0.1", () => console.log(server.address().port));
