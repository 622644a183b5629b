/** The address of an authenticator app as a QR code, for the camera of the phone that the app is on. */

/**
 * The modules of the code, row by row: `true` is black. Four white ones belong around it (ISO/IEC 18004 §5.3.8).
 *
 * @returns `undefined` for a text that is too long for a code.
 */
export async function qrCodeOf(text: string): Promise<readonly (readonly boolean[])[] | undefined> {
  // Few pages need it, so nobody else waits for it.
  const { encode } = await import('uqr')
  try {
    return encode(text, { ecc: 'M', border: 0 }).data
  } catch (error) {
    // The names in it are as long as people and services have them: there is the key to type in as well.
    if (error instanceof RangeError) return undefined
    throw error
  }
}
