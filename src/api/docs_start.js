// Starts Swagger UI. With `serve --demo`, a request for which no token was entered carries the demo token of the project in
// its path, so that every example works as it stands; else there are no such tokens.
const tokens = "{{tokens}}";

function withDemoToken(request) {
  const entered = Object.keys(request.headers ?? {}).some((name) => name.toLowerCase() === "x-auth-token");
  const [, project] = new URL(request.url, location.href).pathname.match(/^\/v3\/([^/]+)\/(?:backups|vaults)(?:\/|$)/) ?? [];
  if (!entered && Object.hasOwn(tokens, project)) {
    request.headers = { ...request.headers, "X-Auth-Token": tokens[project] };
  }
  return request;
}

window.onload = () => {
  window.ui = SwaggerUIBundle({
    url: "/openapi.json",
    dom_id: "#swagger-ui",
    deepLinking: true,
    displayOperationId: true,
    displayRequestDuration: true,
    presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
    plugins: [SwaggerUIBundle.plugins.DownloadUrl],
    requestInterceptor: withDemoToken,
    tryItOutEnabled: true,
    validatorUrl: null,
  });
};
