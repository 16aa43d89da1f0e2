// An OpenID provider for tests: the certified `oidc-provider`, on loopback, with a consent page that needs no script.
// Started with one argument, a JSON object of options; prints `listening: ADDRESS` and serves until it is killed.
// Tests query and change it through `/__control/…`.

import { createServer } from 'node:http';
import { generateKeyPairSync } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';

import Provider, { interactionPolicy } from 'oidc-provider';

const options = {
  // Lifetime of access tokens in seconds; tests may change it.
  life: 600,
  // Rotation with replay detection: a refresh token that is used twice ends the grant (RFC 9700 §2.2.2).
  rotate: true,
  ...JSON.parse(process.argv[2] ?? '{}'),
};

const counts = { token: {}, granted: {}, replays: 0, revoked_grants: 0, revocations: 0, registrations: 0 };
// What happens to the next calls of the token endpoint, in order.
const next = [];
// Calls of the token endpoint without a response yet.
let pending = 0;

const server = createServer();
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const issuer = `http://127.0.0.1:${server.address().port}`;

const { Check, base } = interactionPolicy;
const policy = base();
// Each sign-in shows the consent page, on which the test chooses the account.
policy.get('login').checks.add(
  new Check('asks_each_time', 'the page is shown each time', (ctx) =>
    ctx.oidc.result?.login ? Check.NO_NEED_TO_PROMPT : Check.REQUEST_PROMPT,
  ),
);

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });

const provider = new Provider(issuer, {
  // No grace period for expired tokens.
  clockTolerance: 0,
  cookies: { keys: ['only for tests'] },
  jwks: { keys: [{ ...privateKey.export({ format: 'jwk' }), use: 'sig', alg: 'RS256' }] },
  claims: { openid: ['sub'], email: ['email'] },
  scopes: ['openid', 'offline_access', 'email', 'read', 'write'],
  pkce: { required: () => true, methods: ['S256'] },
  rotateRefreshToken: () => options.rotate,
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    introspection: { enabled: true },
    revocation: { enabled: true },
    registration: { enabled: true },
    deviceFlow: {
      enabled: true,
      userCodeInputSource: (ctx, form) => {
        ctx.body = page('Enter the code', `${form}<button form="op.deviceInputForm">Continue</button>`);
      },
      userCodeConfirmSource: (ctx, form, _client, _device, code) => {
        const button = '<button form="op.deviceConfirmForm" name="confirmed" value="yes">Continue</button>';
        ctx.body = page(`Is it ${code}?`, form + button);
      },
      successSource: (ctx) => {
        ctx.body = page('Signed in', 'You can go back.');
      },
    },
  },
  interactions: { policy, url: (_ctx, interaction) => `/interaction/${interaction.uid}` },
  findAccount: (_ctx, sub) => ({
    accountId: sub,
    claims: () => ({ sub, email: `${sub}@oidc.example` }),
  }),
  renderError: (ctx, out) => {
    ctx.body = page('Refused', Object.values(out).map(escaped).join('<br>'));
  },
  ttl: {
    AccessToken: () => options.life,
    ClientCredentials: () => options.life,
    AuthorizationCode: 60,
    RefreshToken: 86_400,
    Grant: 86_400,
    Session: 86_400,
    Interaction: 3_600,
    DeviceCode: 600,
    IdToken: 3_600,
  },
});

provider.use(async (ctx, go) => {
  const answer = ctx.path === '/token' ? next.shift() : undefined;
  if (answer?.before_ms) {
    pending += 1;
    // The client has disconnected: process nothing.
    const gone = new Promise((end) => ctx.req.socket.once('close', () => end(true)));
    const left = await Promise.race([gone, wait(answer.before_ms)]);
    pending -= 1;
    if (left) return;
  }
  await go();
  const grant = ctx.oidc?.params?.grant_type ?? 'unread';
  if (ctx.oidc?.route === 'token') {
    counts.token[grant] = (counts.token[grant] ?? 0) + 1;
    if (ctx.status === 200) counts.granted[grant] = (counts.granted[grant] ?? 0) + 1;
  }
  if (ctx.oidc?.route === 'revocation' && ctx.status === 200) counts.revocations += 1;
  if (ctx.oidc?.route === 'registration' && ctx.status === 201) counts.registrations += 1;
  // The tokens are issued: a client killed now has lost them.
  if (answer?.after_ms) await wait(answer.after_ms);
});
provider.on('grant.revoked', () => (counts.revoked_grants += 1));
provider.on('grant.error', (_ctx, error) => {
  if (error.error_detail === 'refresh token already used') counts.replays += 1;
});
provider.on('server_error', (_ctx, error) => console.error(error));

function escaped(text) {
  return String(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
}

function page(title, body) {
  return `<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>${escaped(title)}</title><h1>${escaped(title)}</h1>${body}</html>`;
}

async function read(request) {
  let body = '';
  for await (const part of request) body += part;
  return body;
}

// One page for both steps: account and consent.
async function interaction(request, response) {
  const details = await provider.interactionDetails(request, response);
  const asked = details.params;
  if (request.method === 'GET') {
    response.setHeader('content-type', 'text/html; charset=utf-8');
    response.end(
      page(
        'Sign in',
        `<p>${escaped(asked.client_id)} asks for: ${escaped(asked.scope ?? '')}</p>
        <form method="post" action="${escaped(request.url)}">
        <input name="login" value="maria">
        <input type="hidden" name="request" value="${escaped(details.uid)}">
        <button name="decision" value="allow">Allow</button>
        <button name="decision" value="deny">Deny</button></form>`,
      ),
    );
    return;
  }
  const form = new URLSearchParams(await read(request));
  let result = { error: 'access_denied', error_description: 'declined on the page' };
  if (form.get('decision') === 'allow') {
    const accountId = form.get('login');
    const grant = new provider.Grant({ accountId, clientId: asked.client_id });
    grant.addOIDCScope(asked.scope ?? 'openid');
    result = { login: { accountId }, consent: { grantId: await grant.save() } };
  }
  await provider.interactionFinished(request, response, result);
}

async function control(request, response, path) {
  const body = JSON.parse((await read(request)) || '{}');
  let answer = {};
  if (path === 'counts') answer = counts;
  // Options that take effect at once: `life`, `rotate`.
  else if (path === 'options') Object.assign(options, body);
  else if (path === 'pending') answer = { calls: pending };
  else if (path === 'next') next.push(body);
  else if (path === 'client') await provider.Client.adapter.upsert(body.client_id, body);
  else if (path === 'forget_client') await provider.Client.adapter.destroy(body.client_id);
  else if (path === 'alive') {
    const models = [provider.AccessToken, provider.RefreshToken, provider.ClientCredentials];
    const found = await Promise.all(models.map((model) => model.find(body.token)));
    answer = { alive: found.some((token) => token !== undefined && !token.consumed) };
  } else response.statusCode = 404;
  response.setHeader('content-type', 'application/json');
  response.end(JSON.stringify(answer));
}

const callback = provider.callback();
server.on('request', async (request, response) => {
  const { pathname } = new URL(request.url, issuer);
  try {
    if (pathname.startsWith('/__control/')) await control(request, response, pathname.slice(11));
    else if (pathname.startsWith('/interaction/')) await interaction(request, response);
    else await callback(request, response);
  } catch (error) {
    console.error(error);
    response.statusCode = 500;
    response.end(String(error));
  }
});
console.log(`listening: ${issuer}`);
