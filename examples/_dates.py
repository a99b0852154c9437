"""Dates of a century in sixteen notations: what `examples.dates` learns from, and reads by rule."""

from __future__ import annotations

import datetime

__all__ = ["CHARACTERS", "COUNT", "NOTATIONS", "by_strptime", "iso", "written"]

ENGLISH, GERMAN, FRENCH, SPANISH, ROMAN = (months.split() for months in (
    "January February March April May June July August September October November December",
    "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
    "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "I II III IV V VI VII VIII IX X XI XII",
))
DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
# How a date is written, and the format with which strptime reads it.
NOTATIONS = {
    "{d} {en} {y}": "%d %B %Y", "{en} {d}, {y}": "%B %d, %Y",
    "{day}, {en} {d}, {y}": "%A, %B %d, %Y", "{da}, {dd} {mon} {y}": "%a, %d %b %Y",
    "{mon} {d} {y}": "%b %d %Y", "{dd}-{mon}-{yy}": "%d-%b-%y", "{mm}/{dd}/{y}": "%m/%d/%Y",
    "{dd}.{mm}.{y}": "%d.%m.%Y", "{d}.{m}.{yy}": "%d.%m.%y", "{y}/{mm}/{dd}": "%Y/%m/%d",
    "{y}{mm}{dd}": "%Y%m%d", "{y}年{m}月{d}日": "%Y年%m月%d日", "{d}. {de} {y}": None,
    "le {d} {fr} {y}": None, "{d} de {es} de {y}": None, "{d}/{roman}/{yy}": None,
}
FIRST, COUNT = datetime.date(1950, 1, 1), 36525


def written(number, notation):
    """The date so many days after the first, in one of the notations."""
    date = FIRST + datetime.timedelta(int(number))
    d, m, y = date.day, date.month, date.year
    months = {"en": ENGLISH, "de": GERMAN, "fr": FRENCH, "es": SPANISH, "roman": ROMAN}
    return list(NOTATIONS)[notation].format(
        d=d, m=m, y=y, dd=f"{d:02}", mm=f"{m:02}", yy=f"{y % 100:02}", mon=ENGLISH[m - 1][:3],
        day=DAYS[date.weekday()], da=DAYS[date.weekday()][:3],
        **{name: names[m - 1] for name, names in months.items()},
    )


def iso(number):
    return (FIRST + datetime.timedelta(int(number))).isoformat()


CHARACTERS = sorted({c for n in range(800) for k in range(len(NOTATIONS)) for c in written(n, k)})


def by_strptime(text):
    """The ISO date, or "" where no format fits."""
    for form in filter(None, NOTATIONS.values()):
        try:
            date = datetime.datetime.strptime(text, form).date()
        except ValueError:
            continue
        return str(date.replace(year=date.year - 100 * (date.year > 2049)))     # for "%y"
    return ""
