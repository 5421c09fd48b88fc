"""Requests about all workers."""

from api.schemas.requests import Reason, RequestBody


class PauseWorkers(RequestBody):
    """Why all workers are to rest."""

    reason: Reason
