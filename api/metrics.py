"""What Prometheus scrapes. Each app has a registry of its own."""

from collections.abc import Mapping
from functools import cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from engine.ports import ClocksStanding
from engine.services.monitoring import Lag

_BUCKETS: Final = (0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10)
_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Metrics:
    """Requests as they come, and the state of the engine as it is when scraped."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._requests = Counter(
            "wayline_http_requests", "Requests answered.", ["method", "route", "status"], registry=self._registry
        )
        self._seconds = Histogram(
            "wayline_http_request_seconds",
            "From a request's arrival to the end of its answer.",
            ["method", "route"],
            registry=self._registry,
            buckets=_BUCKETS,
        )
        self._up = Gauge(
            "wayline_database_up", "1 where the database answered this scrape.", ["database"], registry=self._registry
        )
        self._lag_events = Gauge(
            "wayline_projection_lag_events", "Events not yet in the graph.", registry=self._registry
        )
        self._lag_seconds = Gauge(
            "wayline_projection_lag_seconds", "Age of the oldest event not yet in the graph.", registry=self._registry
        )
        self._held_back = Gauge(
            "wayline_projection_held_back_seconds",
            "Age of the oldest event that an open transaction in PostgreSQL keeps from the graph.",
            registry=self._registry,
        )
        self._stuck = Gauge(
            "wayline_projection_stuck", "1 while an event cannot be applied to the graph.", registry=self._registry
        )
        self._paused = Gauge("wayline_workers_paused", "1 while all workers are paused.", registry=self._registry)
        self._alerts = Gauge(
            "wayline_sla_open",
            "Clocks of service levels of open work that are at risk, or breached.",
            ["status"],
            registry=self._registry,
        )
        self._clocks_lag = Gauge(
            "wayline_sla_lag_seconds",
            "For how long the oldest mark of a service level has been passed and not been noted.",
            registry=self._registry,
        )
        self._counts = {
            name: Gauge(f"wayline_{name}", text, ["by", "value"], registry=self._registry)
            for name, text in (("processes", "Processes."), ("tasks", "Tasks."), ("incidents", "Open incidents."))
        }

        self._series = cache(self._series_of)

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request answered."""
        requests, durations = self._series(method if method in _METHODS else "other", route, status)
        requests.inc()
        durations.observe(seconds)

    def _series_of(self, method: str, route: str, status: int) -> tuple[Counter, Histogram]:
        return self._requests.labels(method, route, str(status)), self._seconds.labels(method, route)

    def databases(self, up: Mapping[str, bool]) -> None:
        """Which databases answered."""
        for name, there in up.items():
            self._up.labels(name).set(there)

    def lag(self, lag: Lag) -> None:
        """How far the projection is behind, and what keeps it."""
        self._lag_events.set(lag.events)
        self._lag_seconds.set(lag.seconds)
        self._held_back.set(lag.held_back_seconds)
        self._stuck.set(lag.stuck is not None)

    def workers(self, paused: bool) -> None:
        """Whether all of them are paused."""
        self._paused.set(paused)

    def clocks(self, standing: ClocksStanding) -> None:
        """How the clocks of service levels stand."""
        self._alerts.labels("at_risk").set(standing.at_risk)
        self._alerts.labels("breached").set(standing.breached)
        self._clocks_lag.set(standing.lag_seconds)

    def count(self, what: str, counts: Mapping[str, Mapping[str, int]]) -> None:
        """How many there are of `what`, by what they are counted by; values that are gone go."""
        gauge = self._counts[what]
        gauge.clear()
        for by, values in counts.items():
            for value, number in values.items():
                gauge.labels(by, value).set(number)

    def text(self) -> bytes:
        """The exposition, version 0.0.4."""
        return generate_latest(self._registry)
