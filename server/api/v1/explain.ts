import type { ApiParts } from '../parts.ts';
import { endpoint, type Route } from '../route.ts';
import { explainDocument, explanationSchema } from './explain-document.ts';
import { questionSchema, readQuestion } from './explain-question.ts';

export function explainRoutes(parts: ApiParts): Route[] {
  const answer = endpoint({
    summary: 'Explain what the server makes of a request, and why',
    about:
      'Of a device its last request; of what is said besides, a request that nobody sent. It changes nothing, and may be asked at any time.',
    permission: 'devices.explain',
    // Who stands in a phone's way may be somebody else's.
    serverWide: true,
    body: questionSchema,
    answers: { 200: explanationSchema },
    async handle({ body }) {
      const question = await readQuestion(body, parts);
      return { json: explainDocument(await parts.explain(question), parts) };
    },
  });
  return [{ path: '/api/v1/explain', methods: { POST: answer } }];
}
