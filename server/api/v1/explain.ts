import type { ApiParts } from '../parts.ts';
import type { Answer, Call, Route } from '../route.ts';
import { explainDocument } from './explain-document.ts';
import { readQuestion } from './explain-question.ts';

/** What the server makes of a request, and why. POST for the sake of its body: it changes nothing and may be asked at any time. */
export function explainRoutes(parts: ApiParts): Route[] {
  async function answer({ body }: Call): Promise<Answer> {
    const question = await readQuestion(body, parts);
    return { json: explainDocument(await parts.explain(question), parts) };
  }
  return [{ path: '/api/v1/explain', methods: { POST: answer } }];
}
