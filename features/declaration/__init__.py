"""What a deployment declares: data types, events, facts and features, read from its three YAML documents."""
