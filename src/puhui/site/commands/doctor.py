"""`puhui doctor`: what is set, missing or wrong, and how to mend it."""

from __future__ import annotations

from typing import Annotated

import typer

app = typer.Typer(add_completion=False)

_MARKS = {"fine": "ok   ", "note": "note ", "wrong": "WRONG"}


@app.command()
def doctor(as_json: Annotated[bool, typer.Option("--json", help="One JSON document: a list of findings.")] = False) -> None:
    """Tell what is set, missing or wrong, and how to mend it.

    Exit status 0 when nothing is wrong (notes are for information), 1 when something is.

    Example:

    puhui doctor
    """
    from puhui.site import examination
    from puhui.site.commands import support

    with support.progress("looking"):
        findings = examination.examine()
    if as_json:
        support.print_result(findings, as_json=True)
    else:
        for finding in findings:
            print(f"{_MARKS[finding.state]} {finding.what}: {finding.found}")
            if finding.mend:
                print(f"      {finding.mend}")
        wrong = sum(finding.state == "wrong" for finding in findings)
        print(f"\n{wrong} wrong" if wrong else "\nnothing wrong")
    if any(finding.state == "wrong" for finding in findings):
        support.found_wrong()
