"""The database functions of the books: rows as text, posting, what a day comes to. Their text is in `books/sql/functions.sql`."""

from importlib import resources

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("books", "0002_initial"), ("parties", "0002_functions")]

    operations = [
        migrations.RunSQL(
            resources.files("puhui.books").joinpath("sql/functions.sql").read_text(encoding="utf-8"),
            """
            DROP FUNCTION books_tally_differences, books_day_seal, books_open_accounts, books_post, books_closed_day_text,
                books_account_day_text, books_transfer_text, books_entry_text, books_account_text;
            """,
        )
    ]
