"""The MLflow-facing facade."""
