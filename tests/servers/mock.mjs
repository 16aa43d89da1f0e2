// A provider that misbehaves on request, for tests: `oauth2-mock-server` on loopback, its responses changed through its
// hooks. It has no consent page. Prints `listening: ADDRESS` and serves until it is killed. Tests choose faults through
// `/__control/faults`, a list from which each call of the token endpoint takes the first.

import { createServer } from 'node:http';
import { setTimeout as wait } from 'node:timers/promises';

import { OAuth2Issuer, OAuth2Service } from 'oauth2-mock-server';

const issuer = new OAuth2Issuer();
const service = new OAuth2Service(issuer);
await issuer.keys.generate('RS256');

let faults = [];
const counts = { token: {}, revocations: 0, userinfo: 0 };

// Each changes body or status of the library's response.
const bends = {
  life_missing: ({ body }) => delete body.expires_in,
  life_text: ({ body }) => (body.expires_in = '0'),
  life_negative: ({ body }) => (body.expires_in = -1),
  life_huge: ({ body }) => (body.expires_in = 1e300),
  type_lower_case: ({ body }) => (body.token_type = 'bearer'),
  type_missing: ({ body }) => delete body.token_type,
  type_unknown: ({ body }) => (body.token_type = 'mac'),
  no_access_token: ({ body }) => delete body.access_token,
  no_refresh_token: ({ body }) => delete body.refresh_token,
  scope_narrow: ({ body }) => (body.scope = 'read'),
  scope_missing: ({ body }) => delete body.scope,
  scope_list: ({ body }) => (body.scope = ['read', 'write']),
  token_of_16_kb: ({ body }) => (body.access_token = 'x'.repeat(16_384)),
  error_with_200: (answer) => (answer.body = { error: 'invalid_grant' }),
};
for (const status of [401, 403, 408, 425, 429, 500, 503]) {
  bends[`status_${status}`] = (answer) => Object.assign(answer, { statusCode: status, body: {} });
}
for (const error of ['invalid_grant', 'invalid_client', 'unauthorized_client', 'invalid_scope']) {
  bends[error] = (answer) => Object.assign(answer, { statusCode: 400, body: { error } });
}

// Faults without a hook of the library work on the socket.
const breaks = {
  slow: async (_request, response) => {
    await wait(3_600_000, undefined, { ref: false });
    response.end();
  },
  cut: (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json', 'content-length': '500' });
    response.write('{"access_token": "half a', () => response.destroy());
  },
  huge: (_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.write('{"access_token": "');
    response.end('x'.repeat(4 * 1024 * 1024));
  },
  html: (_request, response) => {
    response.writeHead(200, { 'content-type': 'text/html' });
    response.end('<html><h1>Welcome to the hotel</h1></html>');
  },
  redirect: (request, response) => {
    response.writeHead(307, { location: `http://${request.headers.host}/elsewhere` });
    response.end();
  },
};

service.on('beforeResponse', (answer, request) => {
  const grant = request.body.grant_type;
  counts.token[grant] = (counts.token[grant] ?? 0) + 1;
  // Instead of the library's fixed values: the requested scope, and a token that expires at once.
  answer.body.scope = 'read write';
  answer.body.expires_in = 0;
  request.bend?.(answer);
});
service.on('beforeRevoke', () => (counts.revocations += 1));
service.on('beforeUserinfo', (answer) => {
  counts.userinfo += 1;
  answer.body.email = 'johndoe@mock.example';
});

async function read(request) {
  let body = '';
  for await (const part of request) body += part;
  return body;
}

const server = createServer(async (request, response) => {
  const path = new URL(request.url, issuer.url).pathname;
  if (path === '/__control/faults') {
    faults = JSON.parse(await read(request));
    const unknown = faults.filter((name) => name && !(name in bends) && !(name in breaks));
    response.statusCode = unknown.length === 0 ? 200 : 400;
    return response.end(JSON.stringify({ unknown }));
  }
  if (path === '/__control/counts') return response.end(JSON.stringify(counts));
  if (path === '/__control/faults_known') {
    return response.end(JSON.stringify([...Object.keys(bends), ...Object.keys(breaks)]));
  }
  if (path === '/elsewhere') counts.token.elsewhere = (counts.token.elsewhere ?? 0) + 1;
  if (path === '/token') {
    const fault = faults.shift();
    if (fault in breaks) {
      counts.token[fault] = (counts.token[fault] ?? 0) + 1;
      return breaks[fault](request, response);
    }
    request.bend = bends[fault];
  }
  return service.requestHandler(request, response);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
issuer.url = `http://127.0.0.1:${server.address().port}`;
console.log(`listening: ${issuer.url}`);
