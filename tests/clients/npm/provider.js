// A real OpenID Connect provider (oidc-provider) on loopback, with the sign-in pages that it has for development.
// PROVIDER is JSON: {port, client, secret, redirect, people: {login: {email, email_verified, preferred_username}}}.
"use strict";
const { Provider } = require("oidc-provider");

const { port, client, secret, redirect, people } = JSON.parse(process.env.PROVIDER);

const provider = new Provider(`http://localhost:${port}`, {
  clients: [{ client_id: client, client_secret: secret, redirect_uris: [redirect] }],
  claims: { openid: ["sub"], email: ["email", "email_verified"], profile: ["preferred_username"] },
  cookies: { keys: ["only for tests"] },
  findAccount: (_context, login) => ({ accountId: login, claims: () => ({ sub: login, ...people[login] }) }),
});
provider.listen(port, "127.0.0.1", () => console.log("listening"));
