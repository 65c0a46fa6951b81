"""One spelling, American, in names, comments and documents; the commonest British ones are looked for."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_IS = (
    "custom|final|general|initial|linear|material|maxim|minim|normal|optim|organ|parallel|quant|random|recogn|regular|"
)
_IS += "serial|special|standard|summar|synchron|token|util|vector"
BRITISH = re.compile(
    rf"(?:{_IS})is(?:e|es|ed|er|ers|ing|ations?|able)(?![a-z])|"
    r"behaviour|colour|favour(?!ite)|flavour|honour|neighbour|"
    r"(?<![a-z])(?:analyse[ds]?|artefacts?|cancelled|catalogue|centre[ds]?|fulfil|grey|labelled|learnt|licence|modelling|"
    r"(?:mis)?spelt|travelled|whilst)(?![a-z])",
    re.IGNORECASE,
)


def _files() -> list[Path]:
    files = [p for p in ROOT.glob("*.md") if p.is_file()]
    for folder in ("src", "docs", "tests", "examples", "benchmarks", "tools"):
        files += [p for p in (ROOT / folder).rglob("*") if p.suffix in (".py", ".pyi", ".md", ".toml")]
    return [p for p in files if p != Path(__file__)]


def test_words_are_spelled_in_one_way():
    found = [
        f"{path.relative_to(ROOT)}:{number}: {match.group()}"
        for path in _files()
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        for match in BRITISH.finditer(line)
    ]
    assert not found, "American spelling, please:\n" + "\n".join(found)


@pytest.mark.parametrize(
    "word", ["normalisation", "_colours", "Behaviour", "initialised", "NORMALISATIONS", "centre", "misspelt"]
)
def test_british_words_are_seen(word):
    assert BRITISH.search(f"the {word} of it")


@pytest.mark.parametrize("word", ["normal is", "color", "centered", "specialist", "precise", "realism", "greyhound"])
def test_american_words_are_left_alone(word):
    assert not BRITISH.search(f"the {word} of it")
