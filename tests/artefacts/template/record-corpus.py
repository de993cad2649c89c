"""Writes corpus.jsonl: on its first line a context, on each other one a template and what Jinja2 makes of it.

Run with the Python that has Debian's python3-jinja2:  /usr/bin/python3 tests/artefacts/template/record-corpus.py
It says on the screen which version it recorded. With --live it reads cases from standard input instead and answers them
on standard output. The cases come from the tables below, from corpus-expressions.txt (one template between two lines of
%%) and from corpus-templates.jsonl. Contexts cross as JSON in which {"f": …} is a float, {"i": …} a large
integer, {"t": […]} a tuple, {"m": …} safe text and {"d": [[key, value], …]} a dict whose order and key types count.
"""

import json
import pathlib
import signal
import sys

import jinja2
from markupsafe import Markup

FOLDER = pathlib.Path(__file__).parent


def decode(value):
    if isinstance(value, list):
        return [decode(item) for item in value]
    if not isinstance(value, dict):
        return value
    (kind, held), = value.items()
    if kind == "f":
        return float(held)
    if kind == "i":
        return int(held)
    if kind == "t":
        return tuple(decode(item) for item in held)
    if kind == "m":
        return Markup(held)
    return {decode(key): decode(item) for key, item in held}


def encode(value):
    if isinstance(value, Markup):
        return {"m": str(value)}
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) < 2**53 else {"i": str(value)}
    if isinstance(value, float):
        return {"f": repr(value)}
    if isinstance(value, tuple):
        return {"t": [encode(item) for item in value]}
    if isinstance(value, list):
        return [encode(item) for item in value]
    return {"d": [[encode(key), encode(item)] for key, item in value.items()]}


class Strict(jinja2.StrictUndefined):
    """Jinja's strict kind, but that it may be tested for truth: `{{ missing or 'x' }}`."""

    __slots__ = ()
    __bool__ = jinja2.Undefined.__bool__


def record(case):
    """What Jinja2 makes of a case: its text, or the kind of its error."""
    strict = {"undefined": Strict} if case.get("undefined") == "strict" else {}
    environment = jinja2.Environment(
        loader=jinja2.DictLoader(case.get("templates", {})), autoescape=case.get("autoescape", False), **strict
    )
    context = {name: decode(value) for name, value in case.get("context", {}).items()}
    try:
        return {"text": environment.from_string(case["template"]).render(context)}
    except jinja2.UndefinedError:
        return {"error": "undefined"}
    except jinja2.TemplateSyntaxError:
        return {"error": "syntax"}
    except jinja2.TemplateNotFound:
        return {"error": "not-found"}
    except Exception:  # noqa: BLE001 - whatever else Python raises is an error of evaluation
        return {"error": "evaluation"}


SAMPLES = {
    "text": "Hello World",
    "empty": "",
    "accents": "Zoë naïve ÅÉ ß ﬁ Ǆ",
    "astral": "a😀b\U00010400c",
    "markup": "<a href=\"x\">T&amp;C</a> & 'q'",
    "safe": Markup("<b>ok</b>"),
    "number": 42,
    "negative": -7,
    "big": 2**70,
    "real": 2.5,
    "whole": 3.0,
    "tiny": 1.5e-07,
    "yes": True,
    "no": False,
    "none": None,
    "numbers": [3, 1, 2],
    "words": ["b", "A", "c", "a", "B"],
    "mixed": [1, "1", 1.0, True, None],
    "pair": (1, "two"),
    "lines": {"10": {"n": "x"}, "1": {"n": "y"}, "2": {"n": "z"}},
    "keyed": {1: "one", "1": "text", 2.5: "real", None: "none", (1, 2): "tuple"},
    "users": [
        {"name": "Bob", "age": 30, "city": "Paris", "active": True},
        {"name": "alice", "age": 25, "city": "lyon", "active": False},
        {"name": "Carl", "age": 30, "city": "paris", "active": True},
    ],
    "multiline": "one\n  two three\n\nfour\r\nfive",
    "padded": " \t x y \n\xa0",
    "digits": "0042",
    "mac": "00:15:65:5E:16:7C",
}

TABLED = list(SAMPLES)


def line(number, **more):
    """A line as provd's raw configs have them."""
    name = f'Zoë "{number}"'
    return {"username": f"u{number}", "password": f"p&<{number}>", "display_name": name, "number": f"10{number}", **more}


# What provisioning templates read.
SAMPLES |= {
    "sip_lines": {"1": line(1), "10": line(10, voicemail="*98"), "2": line(2, backup_proxy_ip="192.0.2.9")},
    "ip": "192.0.2.1",
    "http_port": 8667,
    "vlan_enabled": True,
    "vlan_id": 42,
    "port": 5060,
    "admin_password": "s3&cret",
    "funckeys": {"10": {"type": "blf", "value": "1010", "label": "A<B"}, "9": {"type": "speeddial", "value": "2000"}},
    "XX_lang": ["fr", "France"],
    "XX_options": {"switchboard": False},
    "XX_fkeys": {0: {"t": {"p": "P1", "v": "x"}}, 2: {"t": {"p": "P3", "v": "z"}}, 1: {"t": {"p": "P2", "v": None}}},
    "XX_pages": [(0, 0, {"type": 1}), (0, 1, {"type": 2}), (1, 0, {"type": 3})],
    "XX_timezone": {"offset": -18000, "dst_start": {"month": 3, "hour": 2}, "dst_end": {"month": 11, "hour": 2, "week": 1}},
}

# Every filter without arguments, with every sample.
PLAIN_FILTERS = """abs capitalize center count d dictsort e escape filesizeformat first float forceescape int items join last
length list lower max min pprint reverse round safe sort string striptags sum title tojson trim unique upper urlencode wordcount
wordwrap xmlattr format indent truncate""".split()
ITERATING = {"items", "reverse", "unique"}
# Every test without arguments, with every sample.
PLAIN_TESTS = """boolean callable defined escaped even false float integer iterable lower mapping none number odd sequence
string true undefined upper""".split()
# Every method without arguments that text has.
PLAIN_METHODS = """capitalize casefold isalnum isalpha isascii isdecimal isdigit isidentifier islower isnumeric isprintable
isspace istitle isupper lower lstrip rstrip split rsplit splitlines strip swapcase title upper expandtabs""".split()


def tables():
    for name in TABLED:
        for filter_ in PLAIN_FILTERS:
            tail = "|list" if filter_ in ITERATING else ""
            yield f"{{{{ {name}|{filter_}{tail} }}}}"
        yield "{{ " + " }} {{ ".join(f"{name} is {test}" for test in PLAIN_TESTS if test not in ("even", "odd")) + " }}"
        yield f"{{{{ {name} is even }}}} {{{{ {name} is odd }}}}"
        yield f"{{{{ {name} }}}} {{{{ [{name}] }}}} {{{{ 1 if {name} else 0 }}}} {{{{ {name} == {name} }}}}"
        for other in ("number", "text", "real", "yes", "none", "numbers", "pair", "lines", "safe", "big"):
            for operator in ("+", "*", "-", "/", "//", "%", "<", "==", "in", "~"):
                if operator == "*" and other == "big":
                    continue
                yield f"{{{{ {name} {operator} {other} }}}}"
    for name in ("text", "empty", "accents", "astral", "markup", "safe", "multiline", "padded", "digits", "mac"):
        for method in PLAIN_METHODS:
            yield f"{{{{ {name}.{method}() }}}}"


EXPRESSIONS = (FOLDER / "corpus-expressions.txt").read_text(encoding="utf-8").split("\n%%\n")
TEMPLATES = [json.loads(line) for line in (FOLDER / "corpus-templates.jsonl").read_text(encoding="utf-8").splitlines()]


def cases():
    for template in [*tables(), *EXPRESSIONS]:
        yield {"template": template}
        if "safe" in template or "|e" in template or "markup" in template:
            yield {"template": template, "autoescape": True}
        if "missing" in template:
            yield {"template": template, "undefined": "strict"}
    for case in TEMPLATES:
        yield case


def live():
    """Answers a list of cases; one that takes longer than five seconds is an error of evaluation."""

    def too_slow(*_):
        raise TimeoutError

    signal.signal(signal.SIGALRM, too_slow)
    answers = []
    for case in json.load(sys.stdin):
        signal.alarm(5)
        answers.append(record(case))
    signal.alarm(0)
    json.dump(answers, sys.stdout)


def main():
    shared = {name: encode(value) for name, value in SAMPLES.items()}
    recorded = []
    for case in cases():
        whole = {**case, "context": {**shared, **case.get("context", {})}}
        recorded.append({**case, **record(whole)})
    text = "".join(json.dumps(line_, ensure_ascii=False) + "\n" for line_ in [shared, *recorded])
    (FOLDER / "corpus.jsonl").write_text(text, encoding="utf-8")
    errors = sum("error" in case for case in recorded)
    print(f"Jinja2 {jinja2.__version__}: {len(recorded)} cases, {errors} of them errors")


if __name__ == "__main__":
    live() if sys.argv[1:] == ["--live"] else main()
