import { text } from '../shared/strings.js';

/** Files that go along with a question: texts as text, pictures as data in the address, as the API takes them. */

export const MOST_FILES = 8;
const LARGEST_TEXT = 256 * 1024;
const LARGEST_PICTURE = 300 * 1024;
const LONGEST_SIDE = 1280;
const QUALITY = 0.85;
const KEPT_AS_THEY_ARE = ['image/png', 'image/jpeg', 'image/gif', 'image/webp'];

/** @typedef {{kind: 'text'|'image', name: string, size: number, content: string}} Attachment `content`: the text, or the data URL. */

/**
 * @param {File} file
 * @returns {Promise<Attachment>}
 * @throws {Error} With words for the reader.
 */
export async function readAttachment(file) {
  const name = file.name || 'file';
  return file.type.startsWith('image/') && file.type !== 'image/svg+xml' ? readPicture(file, name) : readText(file, name);
}

/** The content of a message: the question alone, or with its parts. */
export function contentOf(question, attachments) {
  if (attachments.length === 0) {
    return question;
  }

  const parts = attachments.map((one) => (one.kind === 'image'
    ? { type: 'image_url', image_url: { url: one.content } }
    : { type: 'text', text: `File "${one.name}":\n\n${one.content}` }));
  return [{ type: 'text', text: question }, ...parts];
}

/** What is kept beside it, so that the parts can be shown as files. */
export const detailsOf = (attachments) => (attachments.length === 0
  ? null
  : { attachments: attachments.map(({ kind, name, size }) => ({ kind, name, size })) });

/** The files of a message that is kept, in the order of its parts. @returns {Attachment[]} */
export function attachmentsOf({ content, details }) {
  if (!Array.isArray(content)) {
    return [];
  }

  return content.slice(1).map((part, index) => {
    const known = details?.attachments?.[index];
    const isImage = part.type === 'image_url';
    const name = known?.name ?? (isImage ? 'image' : 'text');
    const whole = isImage ? part.image_url?.url ?? '' : part.text ?? '';
    const head = `File "${name}":\n\n`;
    return { kind: isImage ? 'image' : 'text', name, size: known?.size ?? whole.length, content: whole.startsWith(head) ? whole.slice(head.length) : whole };
  });
}

async function readText(file, name) {
  if (file.size > LARGEST_TEXT) {
    throw new Error(text('attachment.toolarge', { name, limit: LARGEST_TEXT / 1024 }));
  }

  let content;
  try {
    content = new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer());
  } catch {
    throw new Error(text('attachment.binary', { name }));
  }

  if (content.includes('\0')) {
    throw new Error(text('attachment.binary', { name }));
  }

  return { kind: 'text', name, size: file.size, content };
}

async function readPicture(file, name) {
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) {
    throw new Error(text('attachment.picture', { name }));
  }

  const scale = Math.min(1, LONGEST_SIDE / Math.max(picture.width, picture.height));
  if (scale === 1 && file.size <= LARGEST_PICTURE && KEPT_AS_THEY_ARE.includes(file.type)) {
    picture.close();
    return { kind: 'image', name, size: file.size, content: await dataUrlOf(file) };
  }

  const canvas = document.createElement('canvas');
  canvas.width = Math.max(1, Math.round(picture.width * scale));
  canvas.height = Math.max(1, Math.round(picture.height * scale));
  const surface = canvas.getContext('2d');
  // JPEG has no transparency: without this it would be black.
  surface.fillStyle = '#fff';
  surface.fillRect(0, 0, canvas.width, canvas.height);
  surface.drawImage(picture, 0, 0, canvas.width, canvas.height);
  picture.close();
  const content = canvas.toDataURL('image/jpeg', QUALITY);
  return { kind: 'image', name, size: Math.round(content.length * 0.75), content };
}

function dataUrlOf(file) {
  return new Promise((resolve, reject) => {
    const reader = new FileReader();
    reader.onload = () => resolve(reader.result);
    reader.onerror = () => reject(reader.error);
    reader.readAsDataURL(file);
  });
}
