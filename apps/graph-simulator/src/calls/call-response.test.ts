import { callKindOf } from '@callbus/graph';
import { createdCallBody } from './call-response.js';
import { exampleRequest, sample } from '../testing/samples.js';
import type { Json } from './graph-call.js';

const GRAPH = 'https://graph.microsoft.com';

/** The example's request answered, with the ids that its printed response has. */
function answered(example: number): { body: Json; printed: Json } {
  const request = exampleRequest(example);
  const printed = sample(`create-call/seed-ex${example}-response`);
  const text = (name: string) => String(printed[name]);
  const body = createdCallBody(
    {
      request,
      id: text('id'),
      callChainId: text('callChainId'),
      myParticipantId: text('myParticipantId'),
      kind: callKindOf(request),
      tenantId: 'aa67bd4c-8475-432d-bd41-39f255720e0a',
      appId: '2891555a-92ff-42e6-80fa-6e1300c6b5c6',
      appName: 'Calling Bot',
    },
    GRAPH,
  );
  return { body, printed };
}

describe('createdCallBody', () => {
  it.each([1, 2, 5, 7, 8])('has the members of the printed response of example %d, no more and no less', (example) => {
    const { body, printed } = answered(example);
    expect(Object.keys(body).sort()).toEqual(Object.keys(printed).sort());
  });

  it.each([1, 2, 5, 7, 8])('has the values of the printed response of example %d', (example) => {
    const { body, printed } = answered(example);
    // The printed responses of 1 and 7 list prompts that their requests do not have.
    const { mediaConfig, ...others } = printed;
    expect(body).toMatchObject(others);
    expect(body['mediaConfig']).toEqual([1, 7].includes(example) ? exampleRequest(example)['mediaConfig'] : mediaConfig);
  });

  it('echoes a group call’s subject and names its caller as the request does', () => {
    const request = exampleRequest(3);
    const call = {
      request,
      id: 'i',
      callChainId: 'c',
      myParticipantId: 'p',
      kind: 'group' as const,
      tenantId: 't',
      appId: 'a',
      appName: 'n',
    };
    expect(createdCallBody(call, GRAPH)).toMatchObject({
      subject: request['subject'],
      source: request['source'],
      targets: request['targets'],
    });
  });

  it('says that audio is asked for where the request does not say', () => {
    const call = {
      request: {},
      id: 'i',
      callChainId: 'c',
      myParticipantId: 'p',
      kind: 'peer' as const,
      tenantId: 't',
      appId: 'a',
      appName: 'n',
    };
    expect(createdCallBody(call, GRAPH)).toMatchObject({ requestedModalities: ['audio'], targets: [] });
  });
});
