"""The words by which English and Spanish news give figures. Data for :mod:`annotate.quantities`; no logic but the tables'."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property


@dataclass(frozen=True)
class Grammar:
    """How one language writes figures. All words are in small letters, phrases are joined by single spaces."""

    thousands: str
    """The mark between groups of three digits; the other of , and . is the decimal mark."""
    small: Mapping[str, int]
    """Words below a hundred that add up: twenty, five."""
    hundreds: Mapping[str, int]
    """Words for hundreds that add up by themselves: Spanish doscientos."""
    scales: Mapping[str, int]
    """Words that multiply what stands before them."""
    dozens: Mapping[str, int]
    one: frozenset[str]
    """Words that count as one before a scale and nowhere else: a, an."""
    joins: frozenset[str]
    """Words inside a spelled-out number: and, y."""
    halves: Mapping[str, tuple[int, int]]
    """Phrases that are a share of the scale behind them: half a (million)."""
    and_a_half: str
    vague: Mapping[str, int]
    """Words that stand for n to 10 n."""
    vague_phrases: Mapping[str, int]
    vague_before: frozenset[str]
    """Words that make a scale vague: several (hundred)."""
    of: str
    approx: frozenset[str]
    over: frozenset[str]
    under: frozenset[str]
    during: frozenset[str]
    """Those of ``over`` that, before a length of time, may only say when."""
    intensifiers: frozenset[str]
    after: Mapping[str, str]
    """Phrases behind a figure, with their comparator."""
    between: str
    between_joins: frozenset[str]
    to: frozenset[str]
    from_: frozenset[str]
    ratio: frozenset[str]
    percent: tuple[str, ...]
    units: Mapping[str, tuple[str, str | None]]
    """Unit words: (kind, unit)."""
    months: frozenset[str]
    month_join: frozenset[str]
    numbered: frozenset[str]
    """Words whose number is a name: Section 427."""
    people: frozenset[str]
    """What is counted often enough to tell 2000 people from the year 2000."""
    times: frozenset[str]
    at_the: frozenset[str]
    """Words before an hour of the day."""
    changes: frozenset[str]
    """Verbs after which "from A to B" is a change, no range."""
    projected: frozenset[str]
    estimated: frozenset[str]
    function_words: frozenset[str]
    """Words whose capital says nothing about the number behind them."""

    fractions: frozenset[str]
    """Words that make a share of the number before them, which gives nothing: two thirds."""

    @cached_property
    def multipliers(self) -> Mapping[str, int]:
        return {**self.scales, **self.dozens}

    @cached_property
    def first_words(self) -> frozenset[str]:
        """Words at which a figure may begin."""
        return self.starters | {phrase.split()[0] for phrase in self.vague_before} | self.one

    @cached_property
    def starters(self) -> frozenset[str]:
        """Words without one of which, and without a digit, a line holds no figure."""
        single = {phrase.split()[0] for phrase in (*self.halves, *self.vague_phrases)}
        return frozenset({*self.small, *self.hundreds, *self.scales, *self.dozens, *self.vague} | single) - self.one


def _in_order(text: str) -> list[str]:
    return text.split()


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _phrases(text: str) -> frozenset[str]:
    return frozenset(phrase.strip() for phrase in text.split(","))


def _units(*rows: tuple[str, str | None, str]) -> dict[str, tuple[str, str | None]]:
    return {word.strip(): (kind, unit) for kind, unit, words in rows for word in words.split(",")}


_SYMBOL_UNITS = (
    ("measurement", "km", "km,kms"),
    ("measurement", "kg", "kg,kgs"),
    ("measurement", "cm", "cm"),
    ("measurement", "mm", "mm"),
    ("measurement", "km/h", "kph,kmh"),
    ("measurement", "MW", "MW,mw"),
    ("measurement", "°C", "°c"),
    ("measurement", "°F", "°f"),
)

ENGLISH = Grammar(
    thousands=",",
    small={
        word: value
        for value, word in enumerate(
            _in_order(
                "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
                "seventeen eighteen nineteen"
            )
        )
    }
    | {
        word: 10 * value
        for value, word in enumerate(_in_order("twenty thirty forty fifty sixty seventy eighty ninety"), start=2)
    },
    hundreds={},
    scales={
        "hundred": 100,
        "thousand": 1000,
        "lakh": 100_000,
        "million": 10**6,
        "crore": 10**7,
        "billion": 10**9,
        "trillion": 10**12,
    },
    dozens={"dozen": 12},
    one=_words("a an"),
    joins=_words("and"),
    halves={"half a": (1, 2), "half": (1, 2), "a quarter of a": (1, 4), "three quarters of a": (3, 4)},
    and_a_half="and a half",
    vague={
        "dozens": 12,
        "hundreds": 100,
        "thousands": 1000,
        "millions": 10**6,
        "billions": 10**9,
        "trillions": 10**12,
    },
    vague_phrases={
        "tens of thousands": 10_000,
        "hundreds of thousands": 100_000,
        "tens of millions": 10**7,
        "hundreds of millions": 10**8,
        "tens of billions": 10**10,
        "hundreds of billions": 10**11,
        "thousands of millions": 10**9,
        "scores of": 20,
        "tens of": 10,
    },
    vague_before=_phrases("several, many, some, a few, few, a couple of, a couple"),
    of="of",
    approx=_phrases(
        "about, around, roughly, approximately, approx, circa, some, nearly, almost, close to, near to, an estimated, "
        "estimated, in the region of, in the neighborhood of, something like, virtually, practically, ~"
    ),
    over=_phrases(
        "more than, over, at least, above, upwards of, upward of, in excess of, exceeding, exceeds, exceeded, topping, "
        "no fewer than, no less than, not less than, not fewer than, greater than, a minimum of, beyond, surpassing"
    ),
    under=_phrases(
        "less than, fewer than, under, below, up to, at most, no more than, not more than, a maximum of, as many as, "
        "as much as, short of, not exceeding"
    ),
    during=_phrases("over, above, under, around, about, some"),
    intensifiers=_words("just well slightly far significantly considerably a little somewhat only still much"),
    after={
        "or more": "gt",
        "or over": "gt",
        "plus": "gt",
        "or so": "approx",
        "or thereabouts": "approx",
        "or less": "lt",
        "or fewer": "lt",
        "or under": "lt",
    },
    between="between",
    between_joins=_words("and"),
    to=_words("to"),
    from_=_words("from"),
    ratio=_words("in of"),
    percent=("percent", "per cent", "pct", "percentage points", "percentage point", "points of percentage"),
    units=_units(
        ("duration", "second", "second,seconds"),
        ("duration", "minute", "minute,minutes,mins"),
        ("duration", "hour", "hour,hours,hrs"),
        ("duration", "day", "day,days"),
        ("duration", "week", "week,weeks"),
        ("duration", "month", "month,months"),
        ("duration", "year", "year,years"),
        ("duration", "decade", "decade,decades"),
        ("measurement", "km", "kilometer,kilometers,kilometre,kilometres"),
        ("measurement", "mile", "mile,miles"),
        ("measurement", "m", "meter,meters,metre,metres"),
        ("measurement", "foot", "foot,feet"),
        ("measurement", "inch", "inch,inches"),
        ("measurement", "yard", "yards"),
        ("measurement", "acre", "acre,acres"),
        ("measurement", "ha", "hectare,hectares"),
        ("measurement", "km²", "square kilometers,square kilometres"),
        ("measurement", "square mile", "square mile,square miles"),
        ("measurement", "square foot", "square feet,square foot"),
        ("measurement", "t", "tonne,tonnes"),
        ("measurement", "ton", "ton,tons"),
        ("measurement", "kg", "kilogram,kilograms,kilo,kilos"),
        ("measurement", "liter", "liter,liters,litre,litres"),
        ("measurement", "gallon", "gallon,gallons"),
        ("measurement", "barrel", "barrel,barrels"),
        ("measurement", "degree", "degree,degrees"),
        ("measurement", "mph", "mph,miles per hour,miles an hour"),
        ("measurement", "km/h", "kilometers per hour,kilometres per hour,kilometers an hour,kilometres an hour"),
        ("measurement", "MW", "megawatt,megawatts"),
        ("money", "USD", "dollar,dollars,us dollars"),
        ("money", "EUR", "euro,euros"),
        ("money", "GBP", "pounds sterling"),
        ("money", "JPY", "yen"),
        ("money", "CNY", "yuan"),
        ("money", "INR", "rupee,rupees"),
        ("money", None, "peso,pesos,franc,francs,krona,kroner"),
        ("money", "cent", "cents"),
        *_SYMBOL_UNITS,
    ),
    months=_words(
        "january february march april may june july august september october november december "
        "jan feb mar apr jun jul aug sep sept oct nov dec"
    ),
    month_join=_words("of"),
    numbered=_words(
        "section article route highway interstate room no nos number page pages chapter title proposition prop flight "
        "boeing airbus covid phase act amendment resolution unit channel figure table step level volume vol grade apt "
        "age aged ages version issue district precinct gate platform line aged part class category route exit mile "
        "sura verse psalm rule item top agenda form phone tel box ward"
    ),
    people=_words(
        "people persons migrants refugees men women children families students workers voters soldiers troops police "
        "officers protesters demonstrators marchers residents citizens homes houses jobs cases deaths victims members "
        "participants asylum individuals adults minors passengers employees patients visitors supporters followers"
    ),
    times=_words("am pm a.m p.m oclock o’clock o'clock gmt est edt utc cet hrs"),
    at_the=frozenset(),
    changes=_words(
        "rose rise rises rising risen fell fall falls falling fallen grew grow grows growing grown increased increase "
        "increases increasing dropped drop drops dropping decreased decrease declined decline climbed climb jumped jump "
        "swelled swell shrank shrink went go goes up down cut raised raise changed change moved move slid surged soared "
        "doubled tripled reduced reduce"
    ),
    projected=_words(
        "could may might would will expected projected forecast forecasted predicted predicts expects anticipated "
        "anticipates set poised likely"
    ),
    estimated=_words("estimated estimate estimates estimating"),
    function_words=_words(
        "the a an in on at by for from with after before when while since until if as but and or so of to that this "
        "these those its his her their our only about around some nearly almost over more at least than between monday "
        "tuesday wednesday thursday friday saturday sunday today yesterday there they we he she it has have had all "
        "another other than under up with within still just another roughly approximately"
    ),
    fractions=_words("half halves third thirds quarter quarters fifth fifths tenth tenths"),
)

SPANISH = Grammar(
    thousands=".",
    small={
        word: value
        for value, word in enumerate(
            _in_order(
                "cero uno dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince dieciséis "
                "diecisiete dieciocho diecinueve veinte veintiuno veintidós veintitrés veinticuatro veinticinco veintiséis "
                "veintisiete veintiocho veintinueve"
            )
        )
    }
    | {"veintiún": 21, "dieciseis": 16, "veintidos": 22, "veintitres": 23, "veintiseis": 26}
    | {
        word: 10 * value
        for value, word in enumerate(_in_order("treinta cuarenta cincuenta sesenta setenta ochenta noventa"), start=3)
    },
    hundreds={
        "cien": 100,
        "ciento": 100,
        **{
            stem + end: value
            for stem, value in [
                ("doscient", 200),
                ("trescient", 300),
                ("cuatrocient", 400),
                ("quinient", 500),
                ("seiscient", 600),
                ("setecient", 700),
                ("ochocient", 800),
                ("novecient", 900),
            ]
            for end in ("os", "as")
        },
    },
    scales={"mil": 1000, "millón": 10**6, "millones": 10**6, "billón": 10**12, "billones": 10**12},
    dozens={"docena": 12, "docenas": 12, "decena": 10, "centenar": 100, "millar": 1000},
    one=_words("un una"),
    joins=_words("y"),
    halves={"media": (1, 2), "medio": (1, 2)},
    and_a_half="y medio",
    vague={
        "docenas": 12,
        "decenas": 10,
        "cientos": 100,
        "centenares": 100,
        "miles": 1000,
        "millares": 1000,
        "millones": 10**6,
    },
    vague_phrases={
        "decenas de miles": 10_000,
        "cientos de miles": 100_000,
        "centenares de miles": 100_000,
        "decenas de millones": 10**7,
        "cientos de millones": 10**8,
        "miles de millones": 10**9,
    },
    vague_before=_phrases("varios, varias, algunos, algunas, unos pocos, unas pocas"),
    of="de",
    approx=_phrases(
        "unos, unas, cerca de, alrededor de, aproximadamente, casi, en torno a, aprox, un estimado de, se estima en, "
        "prácticamente, ~"
    ),
    over=_phrases(
        "más de, al menos, por lo menos, como mínimo, un mínimo de, superior a, superiores a, por encima de, no menos de"
    ),
    under=_phrases(
        "menos de, hasta, como máximo, un máximo de, no más de, a lo sumo, inferior a, inferiores a, por debajo de"
    ),
    during=frozenset(),
    intensifiers=_words("mucho muy poco algo"),
    after={
        "o más": "gt",
        "como mínimo": "gt",
        "o menos": "lt",
        "como máximo": "lt",
        "aproximadamente": "approx",
        "más o menos": "approx",
    },
    between="entre",
    between_joins=_words("y"),
    to=_words("a"),
    from_=_words("de desde"),
    ratio=_words("de"),
    percent=("por ciento", "por cien", "puntos porcentuales", "puntos"),
    units=_units(
        ("duration", "second", "segundo,segundos"),
        ("duration", "minute", "minuto,minutos"),
        ("duration", "hour", "hora,horas"),
        ("duration", "day", "día,días"),
        ("duration", "week", "semana,semanas"),
        ("duration", "month", "mes,meses"),
        ("duration", "year", "año,años"),
        ("duration", "decade", "década,décadas"),
        ("measurement", "km", "kilómetro,kilómetros"),
        ("measurement", "m", "metro,metros"),
        ("measurement", "cm", "centímetros"),
        ("measurement", "mile", "milla,millas"),
        ("measurement", "ha", "hectárea,hectáreas"),
        ("measurement", "km²", "kilómetros cuadrados"),
        ("measurement", "m²", "metros cuadrados"),
        ("measurement", "t", "tonelada,toneladas"),
        ("measurement", "kg", "kilogramo,kilogramos,kilo,kilos"),
        ("measurement", "liter", "litro,litros"),
        ("measurement", "degree", "grado,grados"),
        ("measurement", "barrel", "barril,barriles"),
        ("measurement", "km/h", "kilómetros por hora"),
        ("money", "USD", "dólar,dólares"),
        ("money", "EUR", "euro,euros"),
        ("money", None, "peso,pesos,lempiras,lempira,soles,bolívares"),
        ("money", "GTQ", "quetzales,quetzal"),
        *_SYMBOL_UNITS,
    ),
    months=_words("enero febrero marzo abril mayo junio julio agosto septiembre setiembre octubre noviembre diciembre"),
    month_join=_words("de"),
    numbered=_words(
        "artículo artículos sección página páginas ruta número núm nº capítulo ley edad carretera kilómetro vuelo covid "
        "fase título tomo decreto resolución distrito línea nivel grupo canal"
    ),
    people=_words(
        "personas migrantes refugiados hombres mujeres niños familias estudiantes trabajadores votantes soldados "
        "policías agentes manifestantes vecinos ciudadanos viviendas casas empleos casos muertes víctimas miembros"
    ),
    times=_words("am pm a.m p.m hrs"),
    at_the=_words("las"),
    changes=_words("subió bajó creció aumentó cayó pasó pasaron disminuyó redujo elevó aumentar subir bajar pasar"),
    projected=_words("podría podrían puede pueden será serán prevé prevén espera esperan llegaría llegarían previsto"),
    estimated=_words("estimado estimada estima estiman"),
    function_words=_words(
        "el la los las un una en de del a al por para con desde y o que se su sus ya hay son hoy ayer"
    ),
    fractions=_words("tercio tercios cuarto cuartos quinto quintos décimo décimos"),
)

CURRENCIES: Mapping[str, str] = {
    "$": "USD",
    "€": "EUR",
    "£": "GBP",
    "¥": "JPY",
    "₹": "INR",
    "₽": "RUB",
    "₩": "KRW",
    "₪": "ILS",
}
PREFIXED_DOLLARS: Mapping[str, str] = {
    "us": "USD",
    "u.s": "USD",
    "c": "CAD",
    "ca": "CAD",
    "a": "AUD",
    "au": "AUD",
    "nz": "NZD",
    "hk": "HKD",
    "mx": "MXN",
    "r": "BRL",
}
SUFFIXES: Mapping[str, int] = {"k": 10**3, "m": 10**6, "mn": 10**6, "mm": 10**6, "bn": 10**9, "b": 10**9, "tn": 10**12}
# Where Spanish is written, thousands are parted by commas there.
COMMA_REGIONS = _words("mx us gt hn sv ni do pa pr")
