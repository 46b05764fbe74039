import { IsString } from 'class-validator';
import { checkedAs } from './validation.js';

class Named {
  @IsString()
  name!: string;
}

it('gives back the data itself, unknown members too', () => {
  const data = { name: 'a', more: [1] };
  expect(checkedAs(Named, data)).toBe(data);
});

it.each(['{"name":1}', '{"name":1,"constructor":{}}', '{"name":1,"__proto__":{"name":"a"}}', '{"__proto__":{"name":"a"}}'])(
  'refuses %s, whatever it says of its class',
  (text) => {
    expect(() => checkedAs(Named, JSON.parse(text))).toThrow('name: name must be a string');
  },
);
