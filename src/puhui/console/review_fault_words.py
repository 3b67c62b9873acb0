"""What keeps somebody from speaking on a case, in the reader's language: reviews, committees, delegations, answers to questions.

Patterns hold whole texts only, as in `fault_words`. User names stay as they are.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

__all__ = ["PATTERNS"]

#: the whole text, with the parts that are kept → the same in the reader's language
PATTERNS: tuple[tuple[str, Any], ...] = (
    (r"reviewer", _("who decides")),
    (r"member", _("member of the committee")),
    (r"members", _("members of the committee")),
    (r"chair", _("chair of the committee")),
    (r"decision", _("decision")),
    (r"dates", _("first and last day")),
    (r"taker", _("who takes over")),
    (r"(?P<a>\S+), with an own interest \(.+\)", _("%(a)s, who has an own interest in the firm")),
    (r"a person without relations to the firm", _("a person without relations to the firm")),
    (r"Leave the case to somebody else\.", _("Leave the case to somebody else.")),
    (r"(?P<a>\S+), who is away today", _("%(a)s, who is away today")),
    (r"somebody who is at work", _("somebody who is at work")),
    (r"(?P<a>\S+), who submitted the application", _("%(a)s, who submitted the application")),
    (r"another person: maker and checker differ", _("another person: maker and checker differ")),
    (r"(?P<a>\S+), who has spoken already", _("%(a)s, who has spoken already")),
    (r"a person who has not", _("a person who has not")),
    (r"(?P<a>\S+), who takes part in it", _("%(a)s, who takes part in it")),
    (r"somebody else than the giver", _("somebody else than the giver")),
    (r"days in order", _("days in order")),
    (r"why, in words", _("why, in words")),
    (r"the reason, in words", _("the reason, in words")),
    (r"one that is referred and open", _("one that is referred and open")),
    (r"a committee sits on it", _("a committee sits on it")),
    (r"a decision without a sitting", _("a decision without a sitting")),
    (r"Vote on the committee's page\.", _("Vote on the committee's page.")),
    (r"(?P<a>\d+) who are at work and free of interest", _("%(a)s who are at work and free of interest")),
    (r"Wait until more are back\.", _("Wait until more are back.")),
    (r"quorum", _("quorum")),
    (r"(?P<a>\d+) or more", _("%(a)s or more")),
    (
        r"(?P<a>\d+) of (?P<b>\d+) members without an own interest",
        _("%(a)s of %(b)s members without an own interest"),
    ),
    (r"nobody without an own interest", _("nobody without an own interest")),
    (
        r"(?P<a>\S+), who called the committee, is told and may call it anew\.",
        _("%(a)s, who called the committee, is told and may call it anew."),
    ),
    (r"nobody at work and free of interest", _("nobody at work and free of interest")),
    (r"(?P<a>\S+), who does not sit", _("%(a)s, who does not sit")),
    (r"a member named when the sitting was called", _("a member named when the sitting was called")),
    (r"(?P<a>\S+), who has voted \S+", _("%(a)s, who has voted")),
    (r"one vote a member", _("one vote a member")),
    (r"one that is open", _("one that is open")),
    (r"what was found out, in words", _("what was found out, in words")),
)
