// An authorization server on loopback that answers questions about tokens, for
// clients that authenticate in every way. Its first argument is the public key of
// the client with private_key_jwt, as a JWK. It ends with its standard input.
import { createRequire } from 'node:module';
import { generateKeyPairSync } from 'node:crypto';
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
  jwk('es', 'ES256', generateKeyPairSync('ec', { namedCurve: 'P-256' })),
];

const secret = 'a secret: 100% +'; // good only as RFC 6749 §2.3.1 encodes it
const service = (id, method, more) => ({
  client_id: id, token_endpoint_auth_method: method, grant_types: [], redirect_uris: [], response_types: [], ...more,
});

const provider = new Provider(issuer, {
  clients: [
    { client_id: 'interop', client_secret: 'not-a-secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] },
    service('rs basic', 'client_secret_basic', { client_secret: secret }),
    service('rs post', 'client_secret_post', { client_secret: secret }),
    service('rs key', 'private_key_jwt', { jwks: { keys: [JSON.parse(process.argv[2])] } }),
    service('rs signed', 'client_secret_basic', { client_secret: secret, introspection_signed_response_alg: 'RS256' }),
    service('rs signed ES256', 'client_secret_basic', { client_secret: secret, introspection_signed_response_alg: 'ES256' }),
  ],
  clientAuthMethods: ['client_secret_basic', 'client_secret_post', 'private_key_jwt'],
  jwks: { keys },
  enabledJWA: { introspectionSigningAlgValues: ['RS256', 'ES256'] },
  scopes: ['photos:read', 'photos:write'],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true, allowedPolicy: () => true },
    jwtIntrospection: { enabled: true },
    revocation: { enabled: true, allowedPolicy: () => true },
    dPoP: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_ctx, indicator) => ({
        scope: 'photos:read photos:write', audience: indicator, accessTokenTTL: 300,
        accessTokenFormat: indicator.endsWith(':jwt') ? 'jwt' : 'opaque',
      }),
    },
  },
});

server.on('request', provider.callback());
console.log(`listening at ${issuer}`);
