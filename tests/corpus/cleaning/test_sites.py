"""Pages laid out as other sites lay theirs out: what is left is the article and nothing else."""

import pytest

from corpus.cleaning import clean

LEAD = "Council members voted late on Tuesday to close the old swimming hall, after a debate that lasted four hours and drew some two hundred residents."
MORE = "The hall, built in 1931, needs repairs of about 12 million euros, according to a report that the city's engineers handed in last spring."
QUOTE = "“We have been swimming here for three generations,” said Marta Kolb, 58, who collected 4,000 signatures against the closure in two weeks."
PAGES = {
    "a blog": f"""Skip to content
Local Gazette

Menu

Council votes to close old swimming hall

By Jan Novak
March 5, 2024

Share

{LEAD}

{MORE}

READ MORE: School budget frozen for a second year

{QUOTE}

Tags: council, swimming, budget

Like this:
Like Loading...

Related

Bridge to close for repairs
March 1, 2024
In "News"

Post navigation
← Bridge to close for repairs
School budget frozen →

Leave a Reply Cancel reply
Enter your comment here...
""",
    "a broadcaster": f"""Council votes to close old swimming hall

Published
5 March 2024

Share page

About sharing

Image source, Getty Images
Image caption, The hall was built in 1931

By Jan Novak
Channel News

{LEAD}

{MORE}

Related Topics

Swimming
Local government

More on this story

Pool closures on the rise
Published
1 March 2024
""",
    "a newspaper": f"""Advertisement
SKIP ADVERTISEMENT

Council Votes to Close Old Swimming Hall
A report put the cost of repairs at 12 million euros, and few were willing to pay.

Share full article

103

By Jan Novak
Reporting from Vienna

March 5, 2024, 3:12 p.m. ET

{LEAD}

{MORE}

{QUOTE}

Jan Novak covers local politics. More about Jan Novak

A version of this article appears in print on March 6, 2024, Section A, Page 3 of the city edition with the headline: Council Votes. Order Reprints | Today’s Paper | Subscribe
""",
    "no blank lines": f"""Council votes to close old swimming hall
By Jan Novak
{LEAD}
{MORE}
What happens next
{QUOTE}
Follow us on Facebook and Twitter
© 2024 Local Gazette""",
    "German": """Zum Inhalt springen
Startseite
Stadtrat schließt altes Hallenbad
Von Jan Novak
05.03.2024, 18:20 Uhr
Der Stadtrat hat am Dienstagabend nach vierstündiger Debatte beschlossen, das alte Hallenbad zu schließen, obwohl zweihundert Bürger dagegen protestierten.
Lesen Sie auch: Schulhaushalt eingefroren
Das Bad wurde 1931 gebaut und müsste für zwölf Millionen Euro saniert werden, wie ein Gutachten der Stadt im vergangenen Frühjahr ergab.
Teilen
Kommentare (12)""",
    "Spanish": """Ir al contenido
El pleno cierra la vieja piscina municipal
Por Jan Novak
5 de marzo de 2024
El pleno votó el martes por la noche a favor de cerrar la vieja piscina tras un debate de cuatro horas al que asistieron doscientos vecinos.
Te puede interesar: La escuela congela su presupuesto
La piscina, construida en 1931, necesita reparaciones por unos 12 millones de euros, según un informe municipal de la pasada primavera.
Compartir en Facebook
Deja un comentario""",
}

TITLE = "Council votes to close old swimming hall"
TEXTS = {
    "a blog": [TITLE, LEAD, MORE, QUOTE],
    "a broadcaster": [TITLE, "Image source, Getty Images", "Image caption, The hall was built in 1931", LEAD, MORE],
    "a newspaper": [
        "Council Votes to Close Old Swimming Hall",
        "A report put the cost of repairs at 12 million euros, and few were willing to pay.",
        LEAD,
        MORE,
        QUOTE,
    ],
    "no blank lines": [TITLE, LEAD, MORE, "What happens next", QUOTE],
    "German": [
        "Stadtrat schließt altes Hallenbad",
        "Der Stadtrat hat am Dienstagabend nach vierstündiger Debatte beschlossen, das alte Hallenbad zu schließen, obwohl "
        "zweihundert Bürger dagegen protestierten.",
        "Das Bad wurde 1931 gebaut und müsste für zwölf Millionen Euro saniert werden, wie ein Gutachten der Stadt im "
        "vergangenen Frühjahr ergab.",
    ],
    "Spanish": [
        "El pleno cierra la vieja piscina municipal",
        "El pleno votó el martes por la noche a favor de cerrar la vieja piscina tras un debate de cuatro horas al que "
        "asistieron doscientos vecinos.",
        "La piscina, construida en 1931, necesita reparaciones por unos 12 millones de euros, según un informe municipal de "
        "la pasada primavera.",
    ],
}


@pytest.mark.parametrize("name", PAGES)
def test_only_the_article_is_left(name):
    made = clean({"text": PAGES[name]})

    assert [paragraph for block in made.text.split("\n\n") for paragraph in block.split("\n")] == TEXTS[name]
    assert made.byline == "Jan Novak"
    assert made.text.startswith(f"{made.title}\n\n")
