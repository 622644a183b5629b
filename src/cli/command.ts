/** What a command is: its words, what it takes, and what it does. */

/** An option of a command: `flag` is there or not, `text` has a value, `list` may come several times. */
export interface Option<Kind extends 'flag' | 'text' | 'list' = 'flag' | 'text' | 'list'> {
  readonly kind: Kind
  readonly short?: string
  /** What stands for the value in the help: `<file>`. */
  readonly value?: string
  readonly help: string
}

/** Something that is named by its place: `<module>`. */
export interface Operand {
  readonly name: string
  readonly article: 'a' | 'an'
  readonly isOptional?: boolean
  readonly example: string
}

/** The options of a command by their names. */
export type Options = Readonly<Record<string, Option>>

/** The values that were given. */
export type Values<Given extends Options = Options> = {
  readonly [Name in keyof Given]?: Given[Name]['kind'] extends 'flag'
    ? boolean
    : Given[Name]['kind'] extends 'list'
      ? readonly string[]
      : string
}

/** A command, ready to be run. */
export interface Command {
  /** What is typed: `clients add`. */
  readonly words: string
  /** One line, beginning with a verb. */
  readonly summary: string
  readonly operands: readonly Operand[]
  readonly options: Options
  /** Paragraphs of the help. */
  readonly notes: readonly string[]
  /** Whole command lines. */
  readonly examples: readonly string[]
  /** Answers what to print. */
  readonly run: (operands: readonly string[], values: Values) => Promise<string>
}

/** How a command is written down. */
interface Definition<Given extends Options> extends Omit<Command, 'run' | 'options' | 'notes' | 'operands'> {
  readonly operands?: readonly Operand[]
  readonly options: Given
  readonly notes?: readonly string[]
  readonly run: (operands: readonly string[], values: Values<Given>) => Promise<string>
}

/** A command whose `run` knows the types of its options. */
export function command<const Given extends Options>(definition: Definition<Given>): Command {
  const run = definition.run as Command['run'] // the parser gives what the kinds of the options say
  return { operands: [], notes: [], ...definition, run }
}
