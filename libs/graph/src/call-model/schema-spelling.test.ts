import { changeTypeOf, inSchemaSpelling } from './schema-spelling.js';

describe('inSchemaSpelling', () => {
  it('spells the enums of a call, of its members and of lists', () => {
    const call = {
      state: 'TRANSFERACCEPTED',
      direction: 'Outgoing',
      mediaState: { audio: 'Active', '@odata.type': 'Active' },
      requestedModalities: ['Audio', 'VIDEOBASEDSCREENSHARING'],
      targets: [{ endpointType: 'SkypeForBusiness', identity: { user: { displayName: 'Default' } } }],
      toneInfo: { tone: 'Star' },
      subject: 'Established',
    };
    expect(inSchemaSpelling('call', call)).toEqual({
      state: 'transferAccepted',
      direction: 'outgoing',
      mediaState: { audio: 'active', '@odata.type': 'Active' },
      requestedModalities: ['audio', 'videoBasedScreenSharing'],
      targets: [{ endpointType: 'skypeForBusiness', identity: { user: { displayName: 'Default' } } }],
      toneInfo: { tone: 'star' },
      subject: 'Established',
    });
  });

  it('writes the status of an operation as the schema does: with a capital', () => {
    expect(inSchemaSpelling('operation', { status: 'notstarted', completionReason: 'MediaOperationCanceled' })).toEqual({
      status: 'NotStarted',
      completionReason: 'mediaOperationCanceled',
    });
  });

  it('leaves names alone that the schema lacks, and what is no name', () => {
    const call = {
      state: 'Ringing',
      direction: 7,
      mediaState: null,
      requestedModalities: 'hologram',
      transcription: [{ state: {} }],
    };
    expect(inSchemaSpelling('call', call)).toEqual(call);
    expect(inSchemaSpelling('participant', { mediaStreams: 'none' })).toEqual({ mediaStreams: 'none' });
  });

  it('changes nothing of what it was given', () => {
    const call = { state: 'Established', mediaState: { audio: 'Active' } };
    inSchemaSpelling('call', call);
    expect(call).toEqual({ state: 'Established', mediaState: { audio: 'Active' } });
  });
});

describe('changeTypeOf', () => {
  it('spells what it knows', () => {
    expect([changeTypeOf('Deleted'), changeTypeOf('Renamed')]).toEqual(['deleted', 'Renamed']);
  });
});
