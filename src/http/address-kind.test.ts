import { BlockList, isIP } from 'node:net'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { addressKind } from './address-kind.ts'

test('SECURITY 249: addresses inside are told from those in the world, in every spelling', () => {
  const kinds = {
    public: [
      '1.1.1.1', '8.8.8.8', '9.255.255.255', '11.0.0.0', '100.63.255.255', '100.128.0.0', '126.255.255.255', '128.0.0.0',
      '169.253.255.255', '169.255.0.0', '172.15.255.255', '172.32.0.0', '192.0.1.0', '192.167.255.255', '192.169.0.0',
      '198.17.255.255', '198.20.0.0', '223.255.255.255', '2606:4700::1111', '2a00:1450:4001::', '2001:200::', '3fff:1000::',
      '::ffff:8.8.8.8', '::ffff:808:808', '64:ff9b::8.8.8.8', '0:0:0:0:0:ffff:808:808',
    ],
    loopback: [
      '127.0.0.1', '127.255.255.255', '127.1.2.3', '::1', '0:0:0:0:0:0:0:1', '0000:0000:0000:0000:0000:0000:0000:0001',
      '::ffff:127.0.0.1', '::ffff:7f00:1', '::FFFF:127.0.0.1', '64:ff9b::127.0.0.1',
    ],
    private: [
      '10.0.0.0', '10.255.255.255', '172.16.0.0', '172.31.255.255', '192.168.0.0', '192.168.255.255', '100.64.0.0',
      '100.127.255.255', 'fc00::', 'fdff:ffff::1', '::ffff:10.0.0.1', '::ffff:c0a8:1', '64:ff9b::a00:1',
    ],
    reserved: [
      '0.0.0.0', '0.1.2.3', '169.254.169.254', '169.254.0.1', '::ffff:169.254.169.254', '::ffff:a9fe:a9fe', '100.100.100.200',
      '168.63.129.16', '192.0.0.192', '192.0.2.1', '192.88.99.1', '198.18.0.1', '198.19.255.255', '198.51.100.1', '203.0.113.9',
      '224.0.0.1', '239.255.255.255', '240.0.0.1', '255.255.255.255', '::', '::2', '::127.0.0.1', '::7f00:1', 'fe80::1',
      'fe80::1%eth0', 'febf::1', 'fec0::1', 'ff02::1', '2001::1', '2001:1ff::', '2001:db8::1', '2002:7f00:1::', '2002:a00:1::',
      '3fff::1', '3fff:fff::', 'fd00:ec2::254', 'fd20:ce::254', '64:ff9b:1::1', '100::', '5f00::1', '4000::', '64:ff9b::a9fe:a9fe',
    ],
  } as const // prettier-ignore
  for (const [kind, addresses] of Object.entries(kinds)) {
    for (const address of addresses) expect([address, addressKind(address)]).toEqual([address, kind])
  }
})

test('SECURITY 249: what is no plain address leads nowhere', () => {
  const odd = [
    '', ' ', 'localhost', '127.1', '0x7f.0.0.1', '0177.0.0.1', '2130706433', '127.0.0.1 ', '1.2.3.4.5', '1.2.3', '256.1.1.1', '1.1.1.01',
    ':::1', '1::2::3', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8::', 'g::1', '[::1]', '::ffff:1.2.3', '::ffff:300.1.1.1',
    '12345::', '2606:4700::1111/64', '+1.1.1.1', '1.1.1.-1', '١.1.1.1',
  ] // prettier-ignore
  for (const address of odd) expect([address, addressKind(address)]).toEqual([address, 'reserved'])
})

test('SECURITY 249: we agree with the block list of Node on any address', () => {
  const inside = new BlockList()
  const four: readonly (readonly [string, number])[] = [
    ['0.0.0.0', 8], ['10.0.0.0', 8], ['100.64.0.0', 10], ['127.0.0.0', 8], ['169.254.0.0', 16], ['172.16.0.0', 12], ['192.0.0.0', 24],
    ['192.0.2.0', 24], ['192.88.99.0', 24], ['192.168.0.0', 16], ['198.18.0.0', 15], ['198.51.100.0', 24], ['203.0.113.0', 24],
    ['224.0.0.0', 3], ['168.63.129.16', 32],
  ] // prettier-ignore
  for (const [prefix, bits] of four) inside.addSubnet(prefix, bits, 'ipv4')
  const six = new BlockList()
  six.addSubnet('2000::', 3, 'ipv6')
  const wrapped = new BlockList()
  wrapped.addSubnet('64:ff9b::', 96, 'ipv6')
  wrapped.addSubnet('::ffff:0:0', 96, 'ipv6')
  const notGiven = new BlockList()
  for (const [prefix, bits] of [['2001::', 23], ['2001:db8::', 32], ['2002::', 16], ['3fff::', 20]] as const) {
    notGiven.addSubnet(prefix, bits, 'ipv6')
  } // prettier-ignore
  fc.assert(
    fc.property(fc.ipV4(), (address) => {
      expect([address, addressKind(address) === 'public']).toEqual([address, !inside.check(address, 'ipv4')])
      expect(addressKind(`::ffff:${address}`)).toBe(addressKind(address))
    }),
    { numRuns: 2000 },
  )
  fc.assert(
    fc.property(fc.ipV6(), (address) => {
      if (isIP(address) !== 6 || wrapped.check(address, 'ipv6')) return
      const isPublic = six.check(address, 'ipv6') && !notGiven.check(address, 'ipv6')
      expect([address, addressKind(address) === 'public']).toEqual([address, isPublic])
    }),
    { numRuns: 2000 },
  )
})
