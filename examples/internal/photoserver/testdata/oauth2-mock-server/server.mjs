// Issuers on loopback, each below a path of its own, as tenants share a host. The
// argument lists them: [{"path": "/tenant", "keys": {"kid": "/issuer"}}], where
// each key signs for the issuer below another path, and null stands for a key
// that does not say so. A request for tokens says how they differ from
// those that the server issues by itself: the form fields access and id hold
// {"header": {...}, "claims": {...}}, where null takes a member out. The server
// ends with its standard input.
import { createRequire } from 'node:module';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.cwd() + '/');
const { OAuth2Server } = await import(pathToFileURL(require.resolve('oauth2-mock-server')));

process.stdin.resume().on('close', () => process.exit());
const issuers = JSON.parse(process.argv[2]);
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const origin = `http://127.0.0.1:${server.address().port}`;

const edit = (target, changes = {}) => {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete target[name];
    else target[name] = value;
  }
  return target;
};

const serve = async ({ path, keys }) => {
  const { issuer, service } = new OAuth2Server(); // not started: one listener is for all
  issuer.url = origin + path;
  for (const [kid, signsFor] of Object.entries(keys)) {
    const jwk = await issuer.keys.generate('RS256', { kid });
    if (signsFor !== null) jwk.issuer = origin + signsFor; // published with the key
  }
  const begun = new WeakSet(); // requests whose access token is made: the ID token is next
  service.on('beforeTokenSigning', (token, req) => {
    const changes = JSON.parse(req.body[begun.has(req) ? 'id' : 'access'] || '{}');
    begun.add(req);
    edit(token.payload, changes.claims);
    // The server sets typ to JWT after this event, so that the change has to
    // wait until the header is written.
    token.header.toJSON = function () {
      const { toJSON, ...header } = this;
      return edit(header, changes.header);
    };
  });
  return service.requestHandler;
};

const handlers = new Map();
for (const issuer of issuers) handlers.set(issuer.path, await serve(issuer));

server.on('request', (req, res) => {
  const path = [...handlers.keys()].find((p) => req.url.startsWith(p + '/'));
  if (path === undefined) return res.writeHead(404).end();
  req.url = req.url.slice(path.length);
  return handlers.get(path)(req, res);
});
console.log(`listening at ${origin}`);
