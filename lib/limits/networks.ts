/** IPv4 addresses as IPv6: mapped (RFC 4291, 2.5.5.2) and translated by NAT64 (RFC 6052, 2.1). */
const IPV4_IN_IPV6 = ['0:0:0:0:0:ffff', '64:ff9b:0:0:0:0'];

/** Addresses that one client may have, and how many times the limit of one address they may use up. */
export interface Network {
  network: string;
  width: number;
}

/**
 * The networks of an IP address, each of which is limited. IPv4: the address itself. IPv6: the /64,
 * all of whose addresses belong to one client, and the /48, which is 65,536 of those and what many
 * providers give to one client.
 */
export function networksOf(ip: string): Network[] {
  const url = `http://[${ip}]`;
  // IPv4; and whatever else a caller of the library takes for an address.
  if (!URL.canParse(url)) return [{ network: ip, width: 1 }];
  // URL spells each address in one way.
  const groups = groupsOf(new URL(url).hostname.slice(1, -1));
  const [high = 0, low = 0] = groups.slice(6).map((group) => parseInt(group, 16));
  if (IPV4_IN_IPV6.includes(groups.slice(0, 6).join(':'))) {
    return [{ network: [high >> 8, high & 255, low >> 8, low & 255].join('.'), width: 1 }];
  }
  return [
    { network: groups.slice(0, 4).join(':'), width: 1 },
    { network: groups.slice(0, 3).join(':'), width: 10 },
  ];
}

/** The eight groups of an IPv6 address, in which `::` stands for groups of zeros. */
function groupsOf(address: string): string[] {
  const [left = [], right = []] = address
    .split('::')
    .map((half) => half.split(':').filter((group) => group !== ''));
  const zeros = Array<string>(8 - left.length - right.length).fill('0');
  return [...left, ...zeros, ...right];
}
