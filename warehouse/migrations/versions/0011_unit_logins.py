"""Which units a login of the server is bound to."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"


def upgrade() -> None:
    op.create_table(
        "unit_login",
        sa.Column("binding_key", sa.BIGINT(), primary_key=True, autoincrement=False, comment="Order of decisions"),
        sa.Column("login", sa.TEXT(), nullable=False, comment="Login of the server"),
        sa.Column("entity_key", sa.BIGINT(), nullable=False, comment="Unit whose rows it may read, and those below it"),
        sa.Column("unit_code", sa.TEXT(), nullable=False, comment="Code of that unit when it was bound"),
        sa.Column("active", sa.BOOLEAN(), nullable=False, comment="False where the decision is taken back"),
        sa.Column("decided_by", sa.TEXT(), nullable=False, comment="Who decided: the login that set it up"),
        sa.Column("decided_at", sa.TIMESTAMP(), nullable=False, comment="When, UTC"),
        comment="Decisions of people: which units a login with the role unit reads. The latest of a login and unit "
        "counts",
    )
