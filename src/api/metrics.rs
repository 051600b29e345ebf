//! Counts and durations of requests, in the OpenMetrics format, on a separate listener.

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    http::{StatusCode, header::CONTENT_TYPE},
    routing::get,
};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, histogram::Histogram},
    registry::{Registry, Unit},
};

use super::problem::Problem;
use crate::model::Operation;

/// Upper bounds of the histogram, in seconds.
const BOUNDS: [f64; 12] = [
    0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0,
];
/// The label of requests that are for no operation: documents, tokens, probes, and paths that there
/// are not.
const NO_OPERATION: &str = "none";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// Counts since the start.
pub struct Metrics {
    registry: Registry,
    requests: Family<RequestLabels, Counter>,
    durations: Family<[(&'static str, &'static str); 1], Histogram>,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct RequestLabels {
    operation: &'static str,
    status: u16,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut registry = Registry::with_prefix("backup_share");
        let requests = Family::default();
        let durations =
            Family::new_with_constructor((|| Histogram::new(BOUNDS)) as fn() -> Histogram);
        registry.register(
            "requests",
            "Requests by operation and status",
            requests.clone(),
        );
        let what = "How long requests took, until the answer was there to be sent";
        registry.register_with_unit("request_duration", what, Unit::Seconds, durations.clone());
        Self {
            registry,
            requests,
            durations,
        }
    }
}

impl Metrics {
    /// Counts a request that has a response.
    pub(super) fn count(&self, operation: Option<Operation>, status: StatusCode, took: Duration) {
        let operation = operation.map_or(NO_OPERATION, |operation| operation.id());
        self.requests
            .get_or_create(&RequestLabels {
                operation,
                status: status.as_u16(),
            })
            .inc();
        self.durations
            .get_or_create(&[("operation", operation)])
            .observe(took.as_secs_f64());
    }

    /// `GET /metrics`, and nothing else.
    pub fn router(self: &Arc<Self>) -> Router {
        let metrics = Arc::clone(self);
        let show = move || async move { ([(CONTENT_TYPE, OPEN_METRICS)], metrics.text()) };
        Router::new()
            .route("/metrics", get(show))
            .fallback(|| async { Problem::NotFound })
            .method_not_allowed_fallback(|| async { Problem::MethodNotAllowed })
    }

    fn text(&self) -> String {
        let mut text = String::new();
        // Writing to a text does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
