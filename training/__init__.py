"""From gated rows to an artefact: the only place that fits models and the only one that knows MLflow."""
