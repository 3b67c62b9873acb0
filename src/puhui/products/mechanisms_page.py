"""What a product says beside its rules, on the page of products: the form, values made of others, security, support, linkage."""

from __future__ import annotations

from collections.abc import Iterator

from puhui.products.page_parts import Body, listed, pairs

__all__ = ["product_mechanisms"]


def product_mechanisms(body: Body) -> Iterator[str]:
    """Everything that is optional in a product file, as far as it is there."""
    if "security" in body:
        security = body["security"]
        kinds, source = ", ".join(security["kinds"]).replace("_", " "), security.get("source", "–")
        yield f"- **Security**: {kinds}; covers {security.get('cover', 0)} of the amount at least. Source: {source}."
    yield from _support(body.get("support", {}))
    for link in body.get("linkage", []):
        if "change" in link:
            what, how = ", ".join(f"`{name}`" for name in link["observed"]), f"`{' '.join(link['change'].split())}`"
        else:
            what, how = f"`{link['fact']}`", "; ".join(pairs(step) for step in link["steps"])
        yield f"- **Rate follows** {what}, {link['measured']}: {how}. Source: {link['source']}."
    if "application" in body:
        texts, said_by = body["application_texts"], body.get("application_by", {})
        asked = ((f"`{name}`", texts[name]["en"], unit, said_by.get(name, "borrower")) for name, unit in body["application"].items())
        yield from listed("Asked in the application", ("Fact", "What", "Unit", "Who says"), asked)
    if "definitions" in body:
        rows = ((f"`{one['name']}`", one["texts"]["en"], f"`{one['expression']}`") for one in body["definitions"])
        yield from listed("Named values", ("Name", "What", "Formula"), rows)
    for table in body.get("score_tables", []):
        yield from listed(f"Points: `{table['name']}`", ("Item", "Of", "Points"), [_item_cells(item) for item in table["items"]])
    for table in body.get("decision_tables", []):
        cells = [(f"`{one['when']}`", str(one["then"])) for one in table["rows"]]
        yield from listed(f"Table `{table['name']}`", ("When", "Then"), [*cells, ("otherwise", str(table.get("otherwise", "not known")))])


def _item_cells(item: Body) -> tuple[str, ...]:
    points = "; ".join(f"from {band['from']:,}: {band['points']}" for band in item["bands"])
    return str(item.get("texts", {}).get("en", "–")), f"`{item['value']}`", points


def _support(support: Body) -> Iterator[str]:
    if losses := support.get("loss_shares"):
        shares = ", ".join(f"{each['party'].replace('_', ' ')} {each['share']}" for each in losses)
        yield f"- **Who bears a loss**: {shares}. Source: {support.get('source', '–')}."
    for each in support.get("interest_shares", []):
        part = f"{each['rate']} a year" if "rate" in each else f"{each['share_of_rate']} of the rate"
        yield f"- **Who pays interest beside the borrower**: {each['party'].replace('_', ' ')}, {part}, for {each['months']} months."
