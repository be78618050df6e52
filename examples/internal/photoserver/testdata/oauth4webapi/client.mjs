// A client that knows nothing but the URL of a protected resource and finds out
// where to get a token. The arguments are that URL and the origin at which the
// service is reached in its place. It prints what it has found, in JSON.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.cwd() + '/');
const oauth = await import(pathToFileURL(require.resolve('oauth4webapi')));

const [resource, origin] = process.argv.slice(2);
const asked = [];
const options = {
  [oauth.customFetch]: (url, init) => {
    asked.push(url);
    const { pathname, search } = new URL(url);
    return fetch(origin + pathname + search, init);
  },
};

// The challenge, as its own parser reads it.
const challenges = await oauth
  .protectedResourceRequest('not-a-token', 'GET', new URL(resource), undefined, null, options)
  .then(() => [], (err) => err.cause);

const response = await oauth.resourceDiscoveryRequest(new URL(resource), options);
const metadata = await oauth.processResourceDiscoveryResponse(new URL(resource), response);

// The authorization server that the metadata names says that it is the one.
const issuer = new URL(metadata.authorization_servers[0]);
const insecure = { algorithm: 'oauth2', [oauth.allowInsecureRequests]: true }; // on loopback
const server = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, insecure));

console.log(JSON.stringify({ challenges, asked, metadata, issuer: server.issuer }));
