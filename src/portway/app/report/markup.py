"""Elements of the page as text. What is said in two languages stands there twice; the page shows one of them."""

from html import escape

from portway.app.report.words import LANGUAGES, Text


def tag(name: str, *inside: str, **attributes: object) -> str:
    """An element around finished markup; `class_` and `data_tip` become `class` and `data-tip`."""
    told = "".join(f' {k.strip("_").replace("_", "-")}="{escape(str(v))}"' for k, v in attributes.items())
    return f"<{name}{told}>{''.join(inside)}</{name}>" if inside else f"<{name}{told}/>"


def said(name: str, text: Text | str, **attributes: object) -> str:
    """An element for each language, or one where they do not differ."""
    if isinstance(text, str):
        return tag(name, escape(text), **attributes)
    if len({text[lang] for lang in LANGUAGES}) == 1:
        return tag(name, escape(text[LANGUAGES[0]]), **attributes)
    return "".join(tag(name, escape(text[lang]), lang=lang, **attributes) for lang in LANGUAGES)


def tip(text: Text) -> dict[str, str]:
    """Attributes of what is told where the pointer is, on a mark or on what holds it."""
    return {f"data_tip_{lang}": text[lang] for lang in LANGUAGES}


def fields(*values: object) -> str:
    """What fills the fields of a tip, in the attribute `data-v` of a mark."""
    return "|".join(str(v) for v in values)
