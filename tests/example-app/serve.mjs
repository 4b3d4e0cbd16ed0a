/** Serves the page at http://localhost:5173. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import process from 'node:process';

const {
  PORT = '5173',
  AUTH_URL = 'http://localhost:3000',
  API_URL = 'http://localhost:3001',
} = process.env;
const page = readFileSync(new URL('index.html', import.meta.url), 'utf8')
  .replace('AUTH_URL', AUTH_URL)
  .replace('API_URL', API_URL);

createServer((_, answer) => {
  answer.setHeader('content-type', 'text/html; charset=utf-8').end(page);
}).listen(Number(PORT), 'localhost');
