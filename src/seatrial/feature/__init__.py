"""From `feature.yaml` to a Feature whose `stream()` is the one pipeline that is tested and served."""
