"""What Prometheus scrapes: one series for each route, never for each id."""

from api.metrics import Metrics
from engine.services.monitoring import Lag


def test_requests_are_counted_by_route_and_status():
    metrics = Metrics()
    metrics.observe("POST", "/api/tasks/{id}/complete", 200, 0.01)
    metrics.observe("POST", "/api/tasks/{id}/complete", 409, 0.01)
    text = metrics.text().decode()
    line = 'wayline_http_requests_total{method="POST",route="/api/tasks/{id}/complete",status="200"} 1.0'
    assert line in text


def test_a_made_up_method_makes_no_series_of_its_own():
    metrics = Metrics()
    metrics.observe("X" * 50, "unmatched", 405, 0.01)
    assert 'method="other"' in metrics.text().decode()


def test_what_is_gone_is_no_longer_counted():
    metrics = Metrics()
    metrics.count("tasks", {"role": {"clerk": 3}})
    metrics.count("tasks", {"role": {"boss": 1}})
    text = metrics.text().decode()
    assert "clerk" not in text
    assert 'wayline_tasks{by="role",value="boss"} 1.0' in text


def test_two_apps_have_registries_of_their_own():
    one, other = Metrics(), Metrics()
    one.lag(Lag(5, 1.5))
    assert "wayline_projection_lag_events 5.0" in one.text().decode()
    assert "wayline_projection_lag_events 0.0" in other.text().decode()
