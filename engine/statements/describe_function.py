"""DESCRIBE FUNCTION: what a function takes, gives and does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ksql.engine.aggregates import AGGREGATES
from ksql.engine.aggregates.declare import ONCE, Declaration
from ksql.engine.errors import did_you_mean, fail
from ksql.engine.functions import functions
from ksql.engine.functions.signature import Signature
from ksql.engine.results import Listing, Result
from ksql.engine.statements.registry import Request, executes
from ksql.parser import nodes


@dataclass(frozen=True, slots=True)
class _Described:
    """What there is to say about a function. `variations`: per signature its text and the REST body."""

    kind: str
    category: str
    doc: str
    variations: Sequence[tuple[str, dict[str, object]]]
    examples: Sequence[str]


@executes(nodes.DescribeFunction)
def describe_function(request: Request) -> Result:
    name = request.node.this.name.upper()
    found = _scalar(name) or _aggregate(name)
    if found is None:
        hint = did_you_mean(name, [*functions(), *AGGREGATES]) or "SHOW FUNCTIONS; lists them."
        fail(request.node.this, f"there is no function {name}", hint=hint)
    sections = [
        (f"{found.kind} {name}", [], [[found.doc]]),
        ("Signatures", ["Signature"], [[text] for text, _ in found.variations]),
    ]
    if found.examples:
        sections.append(("Examples", [], [[example] for example in found.examples]))
    entity = {
        "@type": "describe_function",
        "statementText": request.text,
        "name": name,
        "description": found.doc,
        "author": "ksql",
        "version": "",
        "path": "internal",
        "type": found.kind,
        "category": found.category,
        "functions": [body for _, body in found.variations],
        "warnings": [],
    }
    return Listing(request.text, sections, entity)


def _scalar(name: str) -> _Described | None:
    found = functions().get(name)
    if found is None:
        return None
    variations = [(str(signature), _body(signature)) for signature in found.signatures]
    examples = [f"{request} = {result}" for request, result in found.examples]
    return _Described(found.kind.upper(), found.category, found.doc, variations, examples)


def _aggregate(name: str) -> _Described | None:
    found = AGGREGATES.get(name)
    if found is None:
        return None
    texts = [f"{name}({parameters})" for parameters in found.signatures]
    variations: list[tuple[str, dict[str, object]]] = [
        (text, {"arguments": [], "returnType": "", "description": text}) for text in texts
    ]
    doc = " ".join([found.doc, "For streams and tables." if found.tables else "For streams only.", _of_different(found)])
    return _Described("AGGREGATE", "AGGREGATE", doc, variations, [found.example] if found.example else [])


def _of_different(found: Declaration) -> str:
    """What DISTINCT makes of an aggregate function."""
    if found.distinct == ONCE:
        return "With DISTINCT each different value counts once."
    if found.distinct == found.name:
        return "DISTINCT changes nothing."
    return f"With DISTINCT it is {found.distinct}." if found.distinct else "It cannot have DISTINCT."


def _body(signature: Signature) -> dict[str, object]:
    last = len(signature.parameters) - 1
    arguments = [
        {
            "name": "",
            "type": str(parameter.type),
            "description": "",
            "isVariadic": signature.variadic and i == last,
        }
        for i, parameter in enumerate(signature.parameters)
    ]
    return {"arguments": arguments, "returnType": str(signature.returns), "description": ""}
