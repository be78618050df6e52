// A client that gets a token bound to its key from an authorization server and calls
// a protected resource with it, and a thief of what it sends. The arguments are the
// issuer, the resource indicator, the origin of the service and the algorithm of the
// key. It prints how each call went, in JSON.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.cwd() + '/');
const oauth = await import(pathToFileURL(require.resolve('oauth4webapi')));

const [issuer, resource, origin, alg] = process.argv.slice(2);
const insecure = { [oauth.allowInsecureRequests]: true }; // on loopback
const sent = []; // to the service
const recorded = (to) => (url, init) => {
  sent.push({ url, ...init });
  return fetch(to(url), init);
};

const client = { client_id: 'interop' };
const authentication = oauth.ClientSecretBasic('not-a-secret');
const DPoP = oauth.DPoP(client, await oauth.generateKeyPair(alg));

// again tries once more with the nonce that the refusal has brought.
const again = (call) => call().catch((err) => {
  if (!oauth.isDPoPNonceError(err)) throw err;
  return call();
});

const discovery = { algorithm: 'oidc', ...insecure };
const as = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), discovery));
const parameters = new URLSearchParams({ resource, scope: 'photos:read' });
const token = await again(async () => {
  const response = await oauth.clientCredentialsGrantRequest(as, client, authentication, parameters, { DPoP, ...insecure });
  return oauth.processClientCredentialsResponse(as, client, response);
});

const call = (path, to = (url) => url) =>
  oauth.protectedResourceRequest(token.access_token, 'GET', new URL(origin + path), undefined, null, { DPoP, [oauth.customFetch]: recorded(to), ...insecure });
const outcome = (response) => ({ status: response.status, challenge: response.headers.get('www-authenticate') ?? '' });
const refused = (err) => outcome(err.response);

const good = outcome(await again(() => call('/photos')));
const attempts = sent.length;
const used = sent.at(-1);

const replayed = outcome(await fetch(used.url, used));
const elsewhere = await call('/whoami', () => origin + '/photos').then(outcome, refused);
const bearer = outcome(await fetch(origin + '/photos', { headers: { authorization: `Bearer ${token.access_token}` } }));
const next = outcome(await again(() => call('/whoami')));

console.log(JSON.stringify({ type: token.token_type, attempts, good, replayed, elsewhere, bearer, next }));
