import { announcedBytesOf } from './announced-bytes.js';

const MAX = 1_000;
const json = { 'content-type': 'application/json' };

it.each([
  [{ ...json, 'content-length': '12' }, 12],
  [{ ...json, 'content-length': '1000' }, 1_000],
  [{ 'content-type': 'application/json; charset=utf-8', 'content-length': '12' }, 12],
  [{ 'content-type': 'Application/JSON ;odata.metadata=minimal', 'content-length': '12' }, 12],
  [{ ...json, 'content-encoding': 'identity', 'content-length': '12' }, 12],
  [{ ...json, 'transfer-encoding': 'chunked' }, 0],
  [{ ...json, 'content-length': '0' }, 0],
  [{ ...json, 'content-length': '00' }, 0],
  [json, 0],
  [{}, 0],
  [{ 'content-length': '12' }, 12],
  [{ 'content-type': 'application/json; charset=Windows-1252', 'content-length': '12' }, 12],
])('lets %j pass with %i bytes', (headers, bytes) => {
  expect(announcedBytesOf(headers, MAX)).toBe(bytes);
});

it.each([
  [{ 'content-type': 'text/plain', 'content-length': '12' }, 'WRONG_TYPE'],
  [{ 'content-type': 'application/jsonp', 'content-length': '12' }, 'WRONG_TYPE'],
  [{ 'content-type': 'text/plain, application/json', 'content-length': '12' }, 'WRONG_TYPE'],
  [{ ...json, 'content-encoding': 'gzip', 'content-length': '12' }, 'WRONG_TYPE'],
  [{ ...json, 'content-encoding': 'identity, gzip', 'content-length': '12' }, 'WRONG_TYPE'],
  [{ ...json, 'transfer-encoding': 'gzip, chunked' }, 'WRONG_TYPE'],
  [{ ...json, 'content-length': '1001' }, 'LARGE_BODY'],
])('refuses %j: %s', (headers, code) => {
  expect(() => announcedBytesOf(headers, MAX)).toThrow(expect.objectContaining({ code }));
});
