"""HTTP: routes, authentication, strict bodies, problem documents."""
