/** Names of the files by what they are. */
export interface Manifest {
  readonly loader: string
  readonly chat: string
  readonly begin: string
  readonly bot: string
  readonly beside: string
}
export function buildWidget(outDir: string): Promise<Manifest>
