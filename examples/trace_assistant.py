"""A week of traces of an assistant that answers questions about scikit-learn's data sets.

Each question is a trace: a retriever finds paragraphs in the descriptions that scikit-learn ships,
a reranker picks of them, a writer answers. No language model is called: the writer quotes the
sentence that has most of the question's words, and counts words as tokens. What it is asked about
that no description tells of is an error. Questions come in sessions of a few users, in the week
before now, with durations and prices that are made up. Of some answers a scorer says whether they
are about the data set that was asked for, and how much of the question they take up.

    python examples/trace_assistant.py --tracking-uri http://127.0.0.1:5000
"""

import logging
import random
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import mlflow
import numpy as np
import sklearn.datasets
from command_line import connect, parser
from mlflow.entities import AssessmentSource, Document, Feedback, LiveSpan, SpanType, Trace
from mlflow.genai.scorers import scorer
from mlflow.tracing.constant import SpanAttributeKey, TraceMetadataKey
from sklearn.feature_extraction.text import TfidfVectorizer

SEED = 20
DATASETS = ("breast_cancer", "diabetes", "digits", "iris", "linnerud", "wine")
USERS = ("ada", "grace", "katherine", "mary")
WRITERS = {"quote-small": 0.4e-6, "quote-large": 2.5e-6}
"""What they ask for a token."""

QUESTIONS = (
    "How many instances does the {name} data set have?",
    "Which attributes do the {name} data have?",
    "Are there missing values in the {name} data?",
    "Who created or donated the {name} data set?",
    "Which papers use the {name} data?",
    "What are the classes of {name}, and how are they distributed?",
)
UNANSWERABLE = "zebra crossings per kilometre?"
JUDGED = 0.3
"""The part of the answers that the scorer looks at."""

DAY = 24 * 60 * 60
SECOND = 1_000_000_000


class NothingFoundError(Exception):
    """No paragraph has any word of the question."""


@dataclass
class Clock:
    """A time in the past week, in nanoseconds, that goes on as steps take their time."""

    now: int
    chance: random.Random

    def passes(self, seconds: float) -> int:
        """Let about so many seconds pass; the time then."""
        self.now += int(self.chance.lognormvariate(0, 0.4) * seconds * SECOND)
        return self.now


@dataclass(frozen=True)
class Paragraph:
    """A piece of a description."""

    dataset: str
    number: int
    text: str

    def document(self, score: float) -> Document:
        """As MLflow shows what was retrieved."""
        source = {"doc_uri": f"{self.dataset}.rst", "score": round(score, 3)}
        return Document(self.text, metadata=source, id=f"{self.dataset}-{self.number}")


@dataclass
class Library:
    """The descriptions, paragraph by paragraph, and the weights of their words."""

    paragraphs: list[Paragraph]
    words: TfidfVectorizer = field(init=False)
    weights: Any = field(init=False)

    def __post_init__(self) -> None:
        self.words = TfidfVectorizer(stop_words="english", sublinear_tf=True)
        self.weights = self.words.fit_transform([one.text for one in self.paragraphs])

    def closest(self, question: str, number: int) -> list[tuple[Paragraph, float]]:
        """The paragraphs that have most in common with a question, the best first."""
        scores = (self.weights @ self.words.transform([question]).T).toarray()[:, 0]
        best = np.argsort(-scores, kind="stable")[:number]
        return [(self.paragraphs[at], float(scores[at])) for at in best if scores[at] > 0]


def read_library() -> Library:
    """The paragraphs of what scikit-learn ships; each says first of which data set it is."""
    found = []
    for name in DATASETS:
        description = getattr(sklearn.datasets, f"load_{name}")().DESCR
        parts = [part for part in re.split(r"\n\s*\n", description) if len(part.split()) > 4]
        found += [
            Paragraph(name, number, f"{title(name)}: {' '.join(part.split())}")
            for number, part in enumerate(parts)
        ]
    return Library(found)


def title(name: str) -> str:
    """A data set as people call it."""
    return name.replace("_", " ")


@dataclass(frozen=True)
class Asked:
    """A question, by whom and when."""

    question: str
    dataset: str
    user: str
    session: str
    at: int


def week(number: int, chance: random.Random) -> Iterator[Asked]:
    """So many questions of the last seven days, in sessions of up to six."""
    until = time.time_ns()
    while number > 0:
        # More of them on the later days, and in the day's second half.
        day = 7 * chance.random() ** 0.7
        at = until - int((7 - day) * DAY * SECOND)
        session, user = f"{chance.getrandbits(48):012x}", chance.choice(USERS)
        dataset = chance.choice(DATASETS)
        for question in chance.sample(QUESTIONS, min(number, chance.randint(1, 6))):
            number -= 1
            at = min(until - 30 * SECOND, at + chance.randint(20, 240) * SECOND)
            text = question.format(name=title(dataset))
            if chance.random() < 0.04:
                text = UNANSWERABLE
            yield Asked(text, dataset, user, session, at)


class Assistant:
    """Answers questions, and leaves a trace of each.

    Args:
        library: What it knows.
        experiment_id: Where the traces go.
        chance: What durations and the choice of a writer are drawn from.
    """

    def __init__(self, library: Library, experiment_id: str, chance: random.Random) -> None:
        self.library = library
        self.experiment_id = experiment_id
        self.chance = chance

    def answer(self, asked: Asked) -> str:
        """Answer a question; the trace's id."""
        clock = Clock(asked.at, self.chance)
        root = mlflow.start_span_no_context(
            "answer",
            span_type=SpanType.CHAIN,
            inputs={"question": asked.question},
            metadata={
                TraceMetadataKey.TRACE_SESSION: asked.session,
                TraceMetadataKey.TRACE_USER: asked.user,
            },
            tags={"dataset": asked.dataset},
            experiment_id=self.experiment_id,
            start_time_ns=clock.now,
        )
        try:
            found = self.retrieve(root, clock, asked.question)
            best = self.rerank(root, clock, asked.question, found)
            root.set_outputs(self.write(root, clock, asked.question, best))
        except NothingFoundError as error:
            root.record_exception(error)
        root.end(end_time_ns=clock.passes(0.002))
        return root.trace_id

    def retrieve(self, parent: LiveSpan, clock: Clock, question: str) -> list[Document]:
        """The eight closest paragraphs."""
        span = step("retrieve", SpanType.RETRIEVER, parent, clock, {"question": question})
        found = [one.document(score) for one, score in self.library.closest(question, 8)]
        if not found:
            error = NothingFoundError(f"no description tells of {question!r}")
            span.record_exception(error)
            span.end(end_time_ns=clock.passes(0.04))
            raise error
        span.end(outputs=found, end_time_ns=clock.passes(0.04))
        return found

    def rerank(
        self, parent: LiveSpan, clock: Clock, question: str, found: list[Document]
    ) -> list[Document]:
        """The three of them with most of the question's words."""
        inputs = {"question": question, "documents": [one.id for one in found]}
        span = step("rerank", SpanType.RERANKER, parent, clock, inputs)
        best = sorted(found, key=lambda one: -overlap(question, one.page_content))[:3]
        span.end(outputs=best, end_time_ns=clock.passes(0.09))
        return best

    def write(self, parent: LiveSpan, clock: Clock, question: str, found: list[Document]) -> str:
        """The sentence of them with most of the question's words."""
        prompt = "\n".join([question, *(one.page_content for one in found)])
        messages = [{"role": "user", "content": prompt}]
        span = step("write", SpanType.CHAT_MODEL, parent, clock, {"messages": messages})
        sentences = [one for each in found for one in re.split(r"(?<=[.?!])\s", each.page_content)]
        said = max(sentences, key=lambda sentence: overlap(question, sentence))
        writer = self.chance.choice(list(WRITERS))
        read, written = len(prompt.split()), len(said.split())
        span.set_attributes(accounted(writer, read, written))
        answer = {"role": "assistant", "content": said}
        span.end(
            outputs={"choices": [{"message": answer}]},
            end_time_ns=clock.passes(0.2 + 0.02 * written),
        )
        return said


def step(name: str, kind: str, parent: LiveSpan, clock: Clock, inputs: dict[str, Any]) -> LiveSpan:
    """Begin a step of an answer."""
    return mlflow.start_span_no_context(
        name, span_type=kind, parent_span=parent, inputs=inputs, start_time_ns=clock.passes(0.001)
    )


def accounted(writer: str, read: int, written: int) -> dict[str, Any]:
    """What MLflow's charts of tokens and costs go by."""
    cost = {"input_cost": read * WRITERS[writer], "output_cost": 4 * written * WRITERS[writer]}
    return {
        SpanAttributeKey.MODEL: writer,
        SpanAttributeKey.MODEL_PROVIDER: "example",
        SpanAttributeKey.CHAT_USAGE: {
            "input_tokens": read,
            "output_tokens": written,
            "total_tokens": read + written,
        },
        SpanAttributeKey.LLM_COST: {**cost, "total_cost": sum(cost.values())},
    }


def overlap(question: str, text: str) -> float:
    """The share of the question's longer words that a text has."""
    asked, told = (set(re.findall(r"\w{4,}", one.lower())) for one in (question, text))
    return len(asked & told) / max(1, len(asked))


@scorer
def about_the_right_one(outputs: str, expectations: dict[str, str]) -> Feedback:
    """Whether an answer is about the data set that was asked for."""
    name = title(expectations["dataset"])
    right = name in outputs.lower()
    return Feedback(
        value="yes" if right else "no",
        rationale=f"The answer {'names' if right else 'does not name'} {name!r}.",
    )


@scorer
def words_taken_up(inputs: dict[str, str], outputs: str) -> float:
    """How much of the question is in the answer."""
    return round(overlap(inputs["question"], outputs), 2)


def judge(trace: Trace, dataset: str) -> None:
    """Leave feedback of both scorers on a trace."""
    inputs, outputs = trace.data.spans[0].inputs, trace.data.spans[0].outputs
    right = about_the_right_one(outputs=outputs, expectations={"dataset": dataset})
    taken_up = words_taken_up(inputs=inputs, outputs=outputs)
    for name, value, rationale in (
        (about_the_right_one.name, right.value, right.rationale),
        (words_taken_up.name, taken_up, None),
    ):
        mlflow.log_feedback(
            trace_id=trace.info.trace_id,
            name=name,
            value=value,
            rationale=rationale,
            source=AssessmentSource("CODE", "examples/trace_assistant.py"),
        )


def judge_some(experiment_id: str, number: int) -> int:
    """Judge the newest answers; how many there were."""
    traces = mlflow.search_traces(
        locations=[experiment_id],
        filter_string="status = 'OK' AND span.type = 'CHAT_MODEL'",
        max_results=number,
        return_type="list",
    )
    for trace in traces:
        judge(trace, trace.info.tags["dataset"])
    return len(traces)


def report(experiment_id: str) -> None:
    """Print what went wrong, and where answers were off."""
    for words, filter_string in (
        ("had no answer", "status = 'ERROR'"),
        ("got an answer about something else", f"feedback.{about_the_right_one.name} = 'no'"),
    ):
        traces = mlflow.search_traces(
            locations=[experiment_id],
            filter_string=filter_string,
            include_spans=False,
            return_type="list",
        )
        print(f"  {len(traces)} questions {words}, such as", flush=True)
        for trace in traces[:2]:
            print(f"    {trace.info.request_preview}")


def main() -> None:
    """Read the command line, answer, judge and look for what went wrong."""
    options = parser(__doc__)
    options.add_argument("--traces", type=int, default=200, help="(default: %(default)s)")
    arguments = options.parse_args()
    connect(arguments)
    # That it waits for traces at the end: all are there by then.
    logging.getLogger("mlflow.tracing.export.async_export_queue").setLevel(logging.WARNING)
    experiment_id = mlflow.set_experiment(arguments.experiment).experiment_id

    chance = random.Random(SEED)  # noqa: S311 - repeatable, guards nothing
    assistant = Assistant(read_library(), experiment_id, chance)
    traced = [assistant.answer(asked) for asked in week(arguments.traces, chance)]
    mlflow.flush_trace_async_logging()
    print(f"{len(traced)} questions were answered within a week, each with a trace.")
    judged = judge_some(experiment_id, int(arguments.traces * JUDGED))
    print(f"{judged} answers were judged. Of all traces in {arguments.experiment!r}")
    report(experiment_id)


if __name__ == "__main__":
    main()
