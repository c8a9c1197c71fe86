// Shows the service's own OpenAPI document; nothing is asked of any other address.
SwaggerUIBundle({
  url: "v1/openapi.json",
  dom_id: "#swagger-ui",
  validatorUrl: null,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
});
