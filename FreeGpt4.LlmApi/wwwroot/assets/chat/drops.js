import { text } from '../shared/strings.js';

/** Files may be dropped anywhere on the page. @param {(files: FileList) => void} take */
export function listenForDrops(take) {
  let depth = 0;
  const set = (isOver) => {
    document.body.classList.toggle('dropping', isOver);
    document.body.dataset.drop = text('attachment.drop');
  };
  const hasFiles = (event) => event.dataTransfer?.types.includes('Files');
  addEventListener('dragenter', (event) => {
    if (hasFiles(event)) {
      depth++;
      set(true);
    }
  });
  addEventListener('dragleave', (event) => {
    if (hasFiles(event)) {
      depth = Math.max(0, depth - 1);
      set(depth > 0);
    }
  });
  addEventListener('dragover', (event) => {
    if (hasFiles(event)) {
      event.preventDefault();
    }
  });
  addEventListener('drop', (event) => {
    depth = 0;
    set(false);
    if (hasFiles(event)) {
      event.preventDefault();
      take(event.dataTransfer.files);
    }
  });
}
