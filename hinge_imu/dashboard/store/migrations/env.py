"""What Alembic runs to bring the tables to their newest form, on the connection that it is given."""

from alembic import context

from hinge_imu.dashboard.access.tables import TABLES
from hinge_imu.dashboard.store.models import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=[Base.metadata, TABLES],
    render_as_batch=True,
    compare_type=True,
)
with context.begin_transaction():
    context.run_migrations()
