"""In which column of its sheet each field of a delivery stands."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "sheet_layout",
        sa.Column("delivery_key", sa.BIGINT(), nullable=False, comment="Delivery"),
        sa.Column("source_sheet", sa.TEXT(), nullable=False, comment="Worksheet, or page of a pull"),
        sa.Column("layout_hash", sa.TEXT(), nullable=False, comment="sha256 of its fields and columns: layout_column"),
        comment="How the columns of each sheet of a delivery were recognised. One row per delivery and sheet",
    )
    op.create_table(
        "layout_column",
        sa.Column("layout_hash", sa.TEXT(), nullable=False, comment="sha256 of the fields and columns"),
        sa.Column("field", sa.TEXT(), nullable=False, comment="Field of the form"),
        sa.Column("source_column", sa.TEXT(), nullable=False, comment="Column letter, or key of a record"),
        comment="In which column each field of a form stands. One row per layout and field; sheets that are alike "
        "share it",
    )
