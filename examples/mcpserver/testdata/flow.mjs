// A client without a token, from its first call to a step-up. It says what it
// gets on standard output, a JSON value a line. The first argument is the package,
// the second the URL of the server.
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(process.cwd() + '/');
const load = (name) => import(pathToFileURL(require.resolve(name)));
const [, , name, url, versions] = process.argv;
const { Client, StreamableHTTPClientTransport } = name.endsWith('/sdk')
  ? { ...(await load(`${name}/client/index.js`)), ...(await load(`${name}/client/streamableHttp.js`)) }
  : await import(pathToFileURL(process.cwd() + `/node_modules/${name}/dist/index.mjs`));

const redirectUrl = 'http://127.0.0.1:1/callback';
let tokens, verifier, code;
const authProvider = {
  redirectUrl,
  clientMetadata: { client_name: 'interop', redirect_uris: [redirectUrl], token_endpoint_auth_method: 'none' },
  clientInformation: () => ({ client_id: 'interop' }),
  tokens: () => tokens,
  saveTokens: (saved) => { tokens = saved; },
  saveCodeVerifier: (saved) => { verifier = saved; },
  codeVerifier: () => verifier,
  // The user agrees to everything.
  redirectToAuthorization: async (to) => {
    const answer = await fetch(to, { redirect: 'manual' });
    code = new URL(answer.headers.get('location')).searchParams;
  },
};

const seen = [];
const watching = async (to, init) => {
  const answer = await fetch(to, init);
  if (String(to) === new URL(url).href && answer.status >= 400 && answer.status !== 405) seen.push(answer.status);
  return answer;
};
const transport = () => new StreamableHTTPClientTransport(new URL(url), { authProvider, fetch: watching });
const say = (value) => console.log(JSON.stringify(value));

// again runs f once more after the user has been asked, if that is what it takes.
async function again(by, f) {
  try {
    return await f();
  } catch (fault) {
    if (!code) throw fault;
    const answer = code;
    code = undefined;
    await by.finishAuth(name.endsWith('/sdk') ? answer.get('code') : answer);
    return f();
  }
}

const client = new Client({ name: 'interop', version: '1.0.0' }, versions ? { versionNegotiation: { mode: versions } } : {});
let current = transport();
await again(current, async () => {
  current = transport();
  await client.connect(current);
});
const call = async (tool, args) => {
  const result = await again(current, () => client.callTool({ name: tool, arguments: args }));
  say({ tool, result: result.structuredContent, seen: seen.splice(0) });
};
say({ version: client.getNegotiatedProtocolVersion?.() ?? current.protocolVersion, seen: seen.splice(0) });
await call('list_photos', {});
await call('add_photo', { album: 'sea', title: 'Harbour at dawn' });
await call('delete_album', { album: 'sea' });
await client.close();
process.exit();
