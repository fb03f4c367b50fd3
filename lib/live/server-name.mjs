import { domainToASCII } from 'node:url';

/**
 * A name of a server as certificates have it: in small letters, ASCII, without a dot at the end.
 *
 * @param {string} name
 */
function normalName(name) {
  return domainToASCII(name.replace(/\.$/, ''));
}

/**
 * The wildcard that stands for a name: `*.example.com` for `www.example.com`, but not for `a.b.example.com`.
 *
 * @param {string} name a normal one
 */
function wildcardOf(name) {
  return name.replace(/^[^.]+/, '*');
}

/**
 * The DNS names of a certificate.
 *
 * @param {string | undefined} subjectAltName as Node gives it, such as `DNS:example.com, IP Address:127.0.0.1`
 */
function dnsNames(subjectAltName) {
  // Node puts a value in quotes, as JSON, where it has a comma or another character that is not plain.
  const found = (subjectAltName ?? '').matchAll(/(?:^|, )(?<kind>[A-Za-z ]+):(?<value>"(?:[^"\\]|\\.)*"|[^,]*)/g);
  return [...found]
    .map(({ groups }) => /** @type {Record<string, string>} */ (groups))
    .filter(({ kind, value }) => kind === 'DNS' && !value.startsWith('"'))
    .map(({ value }) => normalName(value))
    .filter((name) => name !== '');
}

export { dnsNames, normalName, wildcardOf };
