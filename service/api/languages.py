"""Which languages the classifier judges, how well, and what the site does with comments in each."""

from __future__ import annotations

from typing import get_args

from flask import Response
from marshmallow import Schema, fields

from models.languages import Grade, is_judged
from moderation.policy import policies
from moderation.policy.terms import Treatment
from service.api.routing import Operation, answer, operation
from service.classifier import classifier
from service.context import context
from texts import wording


class LanguageSchema(Schema):
    """A language, how well it is judged, and what the site does with comments in it."""

    code = fields.String(
        required=True, metadata={"description": "Its name in the policy's `languages`.", "example": "de"}
    )
    name = fields.String(required=True, metadata={"description": "In English."})
    own_name = fields.String(required=True, metadata={"description": "What its speakers call it."})
    grade = fields.String(
        required=True,
        metadata={
            "enum": list(get_args(Grade)),
            "description": "`learnt`: there were labelled comments of its own to learn from. `understood`: judged by "
            "what was learnt of other languages. `listed`: only bad words are known. `unknown`: it is told, no more.",
        },
    )
    judged = fields.Boolean(required=True, metadata={"description": "Whether scores decide, unless the site says so."})
    treatment = fields.String(
        required=True,
        metadata={"enum": list(get_args(Treatment)), "description": "What this site does with comments in it."},
    )


class LanguagesSchema(Schema):
    """Every language that can be told."""

    languages = fields.List(fields.Nested(LanguageSchema), required=True)


@operation(
    "GET",
    "/languages",
    Operation(
        summary="Read which languages are judged",
        tag="Policy",
        answers={200: ("Every language that can be told, by its name.", LanguagesSchema)},
    ),
)
def read_languages(site_id: str) -> Response:
    """Two codes of comments are not in the list: `und`, where there are too few words to tell the language, which is
    judged, and `mis`, where nothing is known of the script, which is not."""
    judge = classifier()
    with context().store.read() as session:
        row = policies.current(session, site_id)
        policy = policies.compile_policy(policies.DEFAULT | row.document, row.version, judge.thresholds)
    languages = [
        {
            "code": code,
            "name": wording.language(code),
            "own_name": wording.own_language(code),
            "grade": grade,
            "judged": is_judged(grade),
            "treatment": policy.treatment(code, judged=is_judged(grade)),
        }
        for code, grade in judge.languages.items()
    ]
    return answer({"languages": sorted(languages, key=lambda one: str(one["name"]))})
