"""A prompt with three versions and an alias, loaded and filled in with a real picture.

The prompt "digits-reader" shows a language model a handwritten digit drawn in characters. Its
first two versions are plain text, the third is a chat with a system message, the form of the
answer and the settings of the model. No language model is called. Each time adds three versions,
and the alias moves on to the last.

    python examples/manage_prompts.py --tracking-uri http://127.0.0.1:5000
"""

import json
from collections.abc import Iterator

import mlflow
from command_line import connect, parser
from mlflow.entities.model_registry import PromptVersion
from mlflow.genai import (
    load_prompt,
    register_prompt,
    search_prompts,
    set_prompt_alias,
    set_prompt_tag,
)
from pydantic import BaseModel
from sklearn.datasets import load_digits

PROMPT = "digits-reader"
ALIAS = "production"
INKS = " .:-=+*#%@"


class Reading(BaseModel):
    """What the picture shows, and how sure that is."""

    digit: int
    confidence: float


def draw(number: int) -> str:
    """A picture of the data set, a character for each pixel, dark where there is ink."""
    darkest = 16
    return "\n".join(
        "".join(INKS[int(pixel * (len(INKS) - 1) / darkest)] for pixel in row)
        for row in load_digits().images[number]
    )


def register_versions() -> Iterator[PromptVersion]:
    """Three versions, each with what is new in it."""
    yield register_prompt(
        PROMPT,
        "Which digit is this?\n\n{{picture}}",
        commit_message="Just ask",
        tags={"author": "ada"},
    )
    yield register_prompt(
        PROMPT,
        "This is a handwritten digit, from paper (' ') to ink ('@'):\n\n{{picture}}\n\n"
        "Which one? Answer with the digit alone.",
        commit_message="Say what the characters mean, and how to answer",
        tags={"author": "ada"},
    )
    yield register_prompt(
        PROMPT,
        [
            {"role": "system", "content": "You read digits written by {{writers}}."},
            {"role": "user", "content": "From paper (' ') to ink ('@'):\n\n{{picture}}"},
        ],
        commit_message="A chat, and an answer that a program can read",
        tags={"author": "grace"},
        response_format=Reading,
        model_config={"model_name": "gpt-4o-mini", "temperature": 0.0, "max_tokens": 30},
    )


def show(prompt: PromptVersion) -> None:
    """Print what a version is made of."""
    kind = "text" if prompt.is_text_prompt else "chat"
    variables = ", ".join(sorted(prompt.variables))
    print(f"  {prompt.version:>4}  {kind}  {prompt.commit_message}  (takes {variables})")


def main() -> None:
    """Read the command line, register, load and fill in."""
    arguments = parser(__doc__).parse_args()
    connect(arguments)
    # MLflow lists a prompt with the experiment that was active when it was registered.
    mlflow.set_experiment(arguments.experiment)

    print(f"The prompt {PROMPT!r}:")
    versions = list(register_versions())
    for version in versions:
        show(version)
    set_prompt_alias(PROMPT, ALIAS, versions[-1].version)
    set_prompt_tag(PROMPT, "task", "classification")

    first = load_prompt(PROMPT, version=versions[0].version)
    print(f"\nVersion {first.version}, filled in:\n\n{first.format(picture=draw(0))}")

    current = load_prompt(f"prompts:/{PROMPT}@{ALIAS}")
    print(f"\nprompts:/{PROMPT}@{ALIAS} (version {current.version}), filled in:\n")
    print(json.dumps(current.format(picture=draw(1), writers="13 people"), indent=2))
    print(f"settings of the model: {current.model_config}")
    print(f"fields of the answer: {', '.join(current.response_format['properties'])}")

    print("\nPrompts about digits:")
    for prompt in search_prompts(
        filter_string="name LIKE 'digits-%' AND tags.task = 'classification'"
    ):
        print(f"  {prompt.name}, task {prompt.tags['task']}")


if __name__ == "__main__":
    main()
