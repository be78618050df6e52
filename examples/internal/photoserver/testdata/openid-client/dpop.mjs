// A client that gets a token bound to its key from an authorization server and calls
// a protected resource with it, and a thief of what it sends. The arguments are the
// issuer, the resource indicator, the origin of the service and the algorithm of the
// key. It prints how each call went, in JSON.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.cwd() + '/');
const oidc = await import(pathToFileURL(require.resolve('openid-client')));

const [issuer, resource, origin, alg] = process.argv.slice(2);
const sent = []; // to the service
let to = (url) => url;
const config = await oidc.discovery(new URL(issuer), 'interop', undefined, oidc.ClientSecretBasic('not-a-secret'), {
  execute: [oidc.allowInsecureRequests], // on loopback
});
config[oidc.customFetch] = (url, init) => {
  if (!url.startsWith(origin)) return fetch(url, init);
  sent.push({ url, ...init });
  return fetch(to(url), init);
};

const DPoP = oidc.getDPoPHandle(config, await oidc.randomDPoPKeyPair(alg));
const token = await oidc.clientCredentialsGrant(config, { resource, scope: 'photos:read' }, { DPoP });
const call = (path) => oidc.fetchProtectedResource(config, token.access_token, new URL(origin + path), 'GET', null, undefined, { DPoP });
const outcome = (response) => ({ status: response.status, challenge: response.headers.get('www-authenticate') ?? '' });
const refused = (err) => outcome(err.cause?.response ?? err.response);

const good = outcome(await call('/photos')); // tries once more by itself
const attempts = sent.length;
const used = sent.at(-1);

const replayed = outcome(await fetch(used.url, used));
to = () => origin + '/photos';
const elsewhere = await call('/whoami').then(outcome, refused);
to = (url) => url;
const bearer = outcome(await fetch(origin + '/photos', { headers: { authorization: `Bearer ${token.access_token}` } }));
const next = outcome(await call('/whoami'));

console.log(JSON.stringify({ type: token.token_type, attempts, good, replayed, elsewhere, bearer, next }));
