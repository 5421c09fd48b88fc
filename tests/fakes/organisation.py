"""Who there is, as a test says: the port `Staff` without a database."""

from engine.core.organisation import Organisation


class FixedStaff:
    """Gives the organisation that it holds; a test may put another into `organisation`."""

    def __init__(self, organisation: Organisation | None = None) -> None:
        self.organisation = organisation or Organisation()

    async def current(self) -> Organisation:
        """The value, at once."""
        return self.organisation

    async def renew(self) -> Organisation:
        """The value, at once."""
        return self.organisation
