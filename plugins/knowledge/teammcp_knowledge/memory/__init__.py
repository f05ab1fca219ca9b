"""The team's memory: any JSON by key, in namespaces, with a version for each key and one logical clock for all."""
