// An authorization server on loopback with a client that may act on its own
// behalf. Each resource has access tokens of its own kind. The server ends with
// its standard input.
import { createRequire } from 'node:module';
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.cwd() + '/');
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));

process.stdin.resume().on('close', () => process.exit());
const server = createServer().listen(0, '127.0.0.1');
await once(server, 'listening');
const issuer = `http://127.0.0.1:${server.address().port}`;

const jwk = (kid, alg, pair) => ({ ...pair.privateKey.export({ format: 'jwk' }), kid, alg, use: 'sig' });
const keys = [
  jwk('rs', 'RS256', generateKeyPairSync('rsa', { modulusLength: 2048 })),
  jwk('ps', 'PS256', generateKeyPairSync('rsa', { modulusLength: 2048 })),
  jwk('es', 'ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
  jwk('ed', 'EdDSA', generateKeyPairSync('ed25519')),
];

// urn:photos:RS256, urn:photos:opaque, urn:photos:permissions, urn:photos:realm
const kindOf = (indicator) => indicator.split(':').pop();
const resource = (indicator) => {
  const kind = kindOf(indicator);
  const server = { scope: 'photos:read photos:write', audience: indicator, accessTokenTTL: 300 };
  if (kind === 'opaque') return { ...server, accessTokenFormat: 'opaque' };
  return { ...server, accessTokenFormat: 'jwt', jwt: { sign: { alg: keys.some((key) => key.alg === kind) ? kind : 'RS256' } } };
};

// Claims beside those of RFC 9068.
const permissions = { permissions: ['photos:read', 'photos:count'] };

// The tokens of a Keycloak realm: another type, and a claim typ for it, the
// client in azp, roles inside of other claims.
const realm = {
  typ: 'Bearer', azp: 'interop', client_id: undefined, preferred_username: 'service-account-interop',
  realm_access: { roles: ['offline_access', 'reader'] },
  resource_access: { 'photos.api': { roles: ['counter'] }, orders: { roles: ['admin'] } },
};
const customize = (_ctx, token, parts) => {
  if (kindOf(token.aud) !== 'realm') return;
  parts.header = { typ: 'JWT' };
  Object.assign(parts.payload, realm);
};

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'interop', client_secret: 'not-a-secret', grant_types: ['client_credentials'],
    redirect_uris: [], response_types: [],
  }],
  jwks: { keys },
  enabledJWA: {
    idTokenSigningAlgValues: ['RS256', 'PS256', 'ES256', 'EdDSA'],
    dPoPSigningAlgValues: ['ES256', 'PS256'],
  },
  scopes: ['photos:read', 'photos:write'],
  extraTokenClaims: (_ctx, token) => (kindOf(token.aud) === 'permissions' ? permissions : undefined),
  formats: { customizers: { jwt: customize } },
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    // A client that sends a proof gets a bound token, once it has a nonce.
    dPoP: { enabled: true, nonceSecret: randomBytes(32), requireNonce: () => true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, indicator) => resource(indicator),
    },
  },
});

server.on('request', provider.callback());
console.log(`listening at ${issuer}`);
