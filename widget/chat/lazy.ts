/** A part in a file of its own, fetched once. Browsers may remember a failed module under its address, so a new attempt gets a new one. */
export function lazy<Module>(address: string): () => Promise<Module> {
  let loading: Promise<Module> | undefined
  return () => {
    loading ??= import(address).catch((error) => {
      loading = undefined
      address += '?'
      throw error
    })
    return loading as Promise<Module>
  }
}
